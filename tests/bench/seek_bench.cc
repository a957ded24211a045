// How long a person waits for what a recording holds: until it is open with its first timeline, for
// all processes at an instant nobody looked at before, for the next instant, for the life of one
// process; and in how much memory. Usage: seek_bench FILE [rounds]; codec_bench writes recordings
// of any size, and any recording of a real node will do.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "schema/store/reader.h"

namespace {

using namespace beamtape;

// Milliseconds, the median and the most of some.
struct Times {
  std::vector<double> all;

  void add(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    all.push_back(took.count());
  }
  void print(const char* what) {
    std::sort(all.begin(), all.end());
    if (all.empty()) return;
    fmt::print("{:34} {:9.1f} ms median, {:9.1f} ms at most, of {}\n", what, all[all.size() / 2],
               all.back(), all.size());
  }
};

std::unique_ptr<Reader> opened(const char* path) {
  auto reader = Reader::open(path);
  if (reader) return std::move(*reader);
  fmt::print(stderr, "seek_bench: {}\n", reader.error().message);
  std::exit(3);
}

void need(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "seek_bench: {} cannot be read\n", what);
  std::exit(3);
}

// What is waited for, over some rounds, each with a file just opened.
struct Waits {
  Times opening, keyframes, seeking, stepping, lives;
  std::size_t rows = 0, snapshots = 0;
};

void look(const char* path, std::size_t round, std::size_t rounds, Waits& waits) {
  std::unique_ptr<Reader> reader;
  waits.opening.add([&] {
    reader = opened(path);
    std::size_t seen = 0;
    const auto read = [&](const auto&, const auto&) { return ++seen > 0; };
    const auto& all = reader->snapshots();
    need(!all.empty() && reader->node_rows(all.front().id, all.back().id, read), "the timeline");
  });
  const Table* table = reader->table("process");
  need(table != nullptr, "the table of processes");
  const auto& all = reader->snapshots();
  // The dearest instant of a keyframe group is its last, the cheapest its first.
  const std::int64_t epoch = all[all.size() - 1 - round % all.size()].epoch;
  std::int64_t dearest = epoch, before = epoch;
  for (const auto& one : all) {
    if (one.epoch == epoch) before = std::exchange(dearest, one.id);
  }
  waits.keyframes.add(
      [&] { need(reader->rows(*table, epoch, nullptr).has_value(), "a keyframe"); });
  TableData data;
  waits.seeking.add([&] {
    auto read = reader->rows(*table, dearest, nullptr);
    need(read.has_value(), "a snapshot");
    data = std::move(*read);
  });
  if (before != dearest) {
    auto read = reader->rows(*table, before, nullptr);
    need(read.has_value(), "a snapshot");
    waits.stepping.add(
        [&] { need(reader->step(*table, dearest, *read, nullptr).has_value(), "a step"); });
  }
  waits.lives.add([&] {
    const auto group = data.groups.size() * round / rounds;
    const auto visit = [](const auto&, const auto&) { return true; };
    need(reader->history(*table, group, all.front().id, all.back().id, visit, nullptr).has_value(),
         "a life");
  });
  waits.rows = data.slots();
  waits.snapshots = all.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: seek_bench FILE [rounds]\n");
    return 2;
  }
  const auto rounds = static_cast<std::size_t>(argc > 2 ? std::max(1, std::atoi(argv[2])) : 5);
  Waits waits;
  for (std::size_t round = 0; round < rounds; ++round) look(argv[1], round, rounds, waits);
  fmt::print("{}: {} snapshots, {} slots of processes\n", argv[1], waits.snapshots, waits.rows);
  waits.opening.print("open to first timeline");
  waits.keyframes.print("seek, to a keyframe");
  waits.seeking.print("seek, to the end of its group");
  waits.stepping.print("one step");
  waits.lives.print("history of one process, all of it");
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{:34} {:9.1f} MiB at most\n", "memory", static_cast<double>(usage.ru_maxrss) / 1024);
}
