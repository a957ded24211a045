#include "analyzer/view/png.h"

#include <fmt/format.h>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

#include <cstring>
#include <fstream>

namespace beamtape {

Expected<void> write_png(const std::string& path, int width, int height,
                         const std::vector<unsigned char>& rgba) {
  char head[4] = {};
  std::ifstream before(path, std::ios::binary);
  if (before && !(before.read(head, sizeof head) && std::memcmp(head, "\x89PNG", 4) == 0)) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot write {}: it exists and is no picture", path));
  }
  stbi_flip_vertically_on_write(1);
  if (stbi_write_png(path.c_str(), width, height, 4, rgba.data(), width * 4) == 0) {
    return fail(Error::Code::kOther,
                fmt::format("cannot write {}: see whether its folder is there and writable", path));
  }
  return {};
}

}  // namespace beamtape
