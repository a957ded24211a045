#include "schema/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace beamtape {

Expected<FileLock> FileLock::take(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && errno == ELOOP) {
    return fail(Error::Code::kUsage, "it is a symbolic link; name the file that it points to");
  }
  if (descriptor < 0) {
    const auto code =
        errno == ENOENT || errno == EACCES ? Error::Code::kNotFound : Error::Code::kOther;
    return fail(code, std::strerror(errno));
  }
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return fail(Error::Code::kRefused, "another recorder is writing it");
  return fail(Error::Code::kOther, std::strerror(errno));
}

std::optional<std::string> FileLock::why_not_at(const std::string& path) const {
  struct stat ours {
  }, there{};
  if (fstat(descriptor_, &ours) != 0) return std::nullopt;
  const bool is_there = stat(path.c_str(), &there) == 0;
  if (is_there && there.st_dev == ours.st_dev && there.st_ino == ours.st_ino) return std::nullopt;
  if (!is_there && errno != ENOENT) return std::nullopt;  // nothing is known of it
  return ours.st_nlink == 0 ? "it was removed, with all that was recorded"
                            : "it was moved; what was recorded is where it is now";
}

bool FileLock::is_somewhere() const {
  struct stat ours {};
  return fstat(descriptor_, &ours) == 0 && ours.st_nlink > 0;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace beamtape
