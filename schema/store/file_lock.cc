#include "schema/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
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

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace beamtape
