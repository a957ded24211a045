#include "tests/faults/fault_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace beamtape::faults {
namespace {

constexpr int kPercent = 5;

template <typename... Cells>
std::string line(const Cells&... cells) {
  return fmt::format("{:<52} {:>6} {:>6} {:>6} {:>5} {:>5} {:>5}  {}", cells...);
}

std::string figure(const std::optional<int>& value) {
  return value ? std::to_string(*value) : std::string("-");
}

}  // namespace

int scaled(int full, int at_least) {
  const char* named = std::getenv("BEAMTAPE_FAULTS");
  const int percent = named == nullptr ? kPercent : std::max(1, std::atoi(named));
  return std::max(at_least, static_cast<int>(static_cast<std::int64_t>(full) * percent / 100));
}

void tell(const FaultRow& row) {
  const std::string header =
      line("fault", "times", "opened", "sound", "lost", "hung", "gaps", "also");
  std::string text = line(row.fault, row.times, figure(row.opened), figure(row.sound),
                          figure(row.lost), figure(row.hung), figure(row.gaps), row.also);
  text.erase(text.find_last_not_of(' ') + 1);
  fmt::print("{}\n{}\n", header, text);
  const char* path = std::getenv("BEAMTAPE_FAULT_TABLE");
  if (path == nullptr) return;
  const bool is_new = !std::filesystem::exists(path);
  std::ofstream table(path, std::ios::app);
  table << (is_new ? header + "\n" : "") << text << "\n";
}

}  // namespace beamtape::faults
