#include "analyzer/commands/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace beamtape {
namespace {

// Sets errno.
bool write_all(int file, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t written = write(file, content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

Expected<void> write_new_file(const std::string& path, const std::string& content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0 && errno == EEXIST) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot write {}: it exists already; choose another name", path));
  }
  if (file < 0) return fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  const bool written = write_all(file, content);
  const int why = errno;
  const bool closed = close(file) == 0;
  if (written && closed) return {};
  const int reason = written ? errno : why;
  unlink(path.c_str());
  const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  return fail(full ? Error::Code::kDiskFull : Error::Code::kOther,
              fmt::format("cannot write {}: {}", path, std::strerror(reason)));
}

}  // namespace beamtape
