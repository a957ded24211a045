// Whatever a file may hold: a reader refuses it or limits its answer. The bytes are the file.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "schema/store/reader.h"

namespace {

using namespace beamtape;

constexpr std::size_t kMostSnapshots = 20;

const std::string& scratch_file() {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("recording_fuzz_" + std::to_string(getpid())))
          .string();
  static const bool at_exit = std::atexit([] { std::remove(scratch_file().c_str()); }) == 0;
  static_cast<void>(at_exit);
  return path;
}

void read_everything(Reader& reader) {
  std::vector<Damage> damage;
  std::size_t left = kMostSnapshots;
  for (const auto& snapshot : reader.snapshots()) {
    if (left-- == 0) break;
    for (const auto& table : reader.tables()) {
      static_cast<void>(reader.rows(table, snapshot.id, &damage));
    }
    static_cast<void>(reader.text(snapshot.epoch, 1));
    static_cast<void>(reader.list(snapshot.epoch, 1));
  }
  for (const auto& table : reader.tables()) {
    static_cast<void>(reader.history(
        table, 0, 0, kMostSnapshots, [](const auto&, const auto&) { return true; }, &damage));
  }
  static_cast<void>(reader.check({}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::FILE* file = std::fopen(scratch_file().c_str(), "wb");
  if (file == nullptr) return 0;
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  if (auto reader = Reader::open(scratch_file())) read_everything(**reader);
  return 0;
}
