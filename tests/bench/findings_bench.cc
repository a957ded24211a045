// How long `findings` takes for a recording, and in how much memory. Usage: findings_bench FILE
// [rounds]; codec_bench writes recordings of any size: codec_bench PROCESSES SNAPSHOTS ACTIVE_SHARE
// FILE.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>

#include "analyzer/findings/findings.h"

int main(int argc, char** argv) {
  using namespace beamtape;
  if (argc < 2) {
    fmt::print(stderr, "usage: findings_bench FILE [rounds]\n");
    return 2;
  }
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 1;
  double best = std::numeric_limits<double>::infinity();
  double rows = 0;
  std::size_t snapshots = 0, found = 0;
  for (int i = 0; i < rounds; ++i) {
    // Opening counts: it is what a person waits for.
    const auto start = std::chrono::steady_clock::now();
    auto reader = Reader::open(argv[1]);
    if (!reader) {
      fmt::print(stderr, "findings_bench: {}\n", reader.error().message);
      return 3;
    }
    const Recording recording(std::move(*reader), argv[1]);
    const auto range = recording.range("first", "last");
    const auto findings = range ? find_findings(recording, "", *range)
                                : Expected<Findings>(tl::unexpected(range.error()));
    if (!findings) {
      fmt::print(stderr, "findings_bench: {}\n", findings.error().message);
      return 3;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
    found = findings->findings.size();
    if (i > 0) continue;
    snapshots = recording.reader().snapshots().size();
    const Table* table = recording.reader().table("process");
    if (table == nullptr || snapshots == 0) continue;
    const auto data = recording.reader().rows(*table, range->second, nullptr);
    rows = data ? static_cast<double>(data->slots() * snapshots) : 0;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "{} snapshots, {:.0f} rows of processes: {:.3f} s, {:.1f} ns/row, {} findings, {} MiB at "
      "most\n",
      snapshots, rows, best, rows > 0 ? best * 1e9 / rows : 0, found, usage.ru_maxrss / 1024);
}
