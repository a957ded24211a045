#include "schema/store/reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace beamtape {

void Reserve::hold(const std::string& path, std::int64_t bytes) {
  if (bytes <= bytes_) return;
  if (descriptor_ < 0) {
    const auto slash = path.rfind('/');
    folder_ = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    descriptor_ = open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    can_promise_ = descriptor_ >= 0;
    if (!can_promise_) return;
  }
  if (fallocate(descriptor_, 0, 0, bytes) == 0) {
    bytes_ = bytes;
  } else {
    can_promise_ = errno != EOPNOTSUPP;
    // Some file systems keep what they had until it was too much: all that was left of the disk.
    if (ftruncate(descriptor_, bytes_) != 0) release();
  }
}

void Reserve::release() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  bytes_ = 0;
}

bool Reserve::has_room_for(std::int64_t bytes, int times) {
  if (!can_promise_) {
    struct statvfs system {};
    return statvfs(folder_.c_str(), &system) == 0 &&
           static_cast<std::int64_t>(system.f_bavail * system.f_frsize) >= bytes * times;
  }
  if (descriptor_ < 0 || bytes_ < bytes) return false;
  const bool has = fallocate(descriptor_, 0, 0, bytes_ * times) == 0;
  // Also where it had some of it. That a file becomes shorter does not fail.
  return ftruncate(descriptor_, bytes_) == 0 && has;
}

void allocate(const std::string& path, std::int64_t bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return;
  static_cast<void>(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, bytes));  // see the header
  close(file);
}

}  // namespace beamtape
