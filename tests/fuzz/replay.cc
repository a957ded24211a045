// Runs a fuzz target without libFuzzer: over the files of the folders given, and over random
// inputs that are the same each time. Shows that the target compiles and works everywhere.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kRandomInputs = 500;
constexpr std::size_t kLongestRandomInput = 600;

std::size_t run_files(const std::filesystem::path& folder) {
  std::size_t files = 0;
  std::error_code ignored;  // no such folder: no inputs
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++files;
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int at = 1; at < argc; ++at) files += run_files(argv[at]);
  std::mt19937 random(1);
  for (int input = 0; input < kRandomInputs; ++input) {
    std::vector<std::uint8_t> bytes(random() % kLongestRandomInput);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files, %d random inputs\n", files, kRandomInputs);
}
