#include "schema/store/reserve.h"

#include <fcntl.h>
#include <unistd.h>

namespace beamtape {

void Reserve::hold(const std::string& path, std::int64_t bytes) {
  if (bytes <= bytes_) return;
  if (descriptor_ < 0) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    descriptor_ = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor_ < 0) return;
  }
  if (fallocate(descriptor_, 0, 0, bytes) == 0) bytes_ = bytes;
}

void Reserve::release() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  bytes_ = 0;
}

}  // namespace beamtape
