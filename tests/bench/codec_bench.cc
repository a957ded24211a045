// Bytes for each row and time of the codec, and of whole files, on made-up but honest processes: a
// node of gen_servers of some kinds, whose active ones work, collect garbage, grow and shrink as
// such processes do; or of a recording of a real node, as record_population makes them.
// Usage: codec_bench [processes] [snapshots of the file, 0 for no file]
//        codec_bench processes snapshots share FILE    writes such a recording, for others to read
//        codec_bench FILE                              measures a recording

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "schema/codec/part.h"
#include "schema/model/ref.h"
#include "schema/store/reader.h"
#include "schema/store/writer.h"

namespace {

using namespace beamtape;

constexpr int kLevel = 3;
constexpr Cell kHeapSizes[] = {233, 376, 610, 987, 1598, 2586, 4185, 6772, 10958};  // words

class Node {
 public:
  explicit Node(std::size_t processes) {
    for (std::size_t first = 0; first < processes; first += kRowsPerGroup) {
      RowGroup group;
      group.grow(table_.columns.size(), std::min(kRowsPerGroup, processes - first));
      for (std::size_t r = 0; r < group.rows; ++r) start(group, r);
      groups_.push_back(std::move(group));
    }
  }

  // One more tick: `active` of the processes worked, `replaced` ended and others took their slots.
  void tick(double active, double replaced) {
    ++snapshot_;
    for (auto& group : groups_) {
      for (std::size_t r = 0; r < group.rows; ++r) {
        const double lot = std::uniform_real_distribution<>()(random_);
        if (lot < replaced) {
          start(group, r);
        } else if (lot < replaced + active) {
          work(group, r);
        }
      }
    }
  }

  const Table& table() const { return table_; }
  const std::vector<RowGroup>& groups() const { return groups_; }
  std::int64_t snapshot() const { return snapshot_; }

 private:
  Cell below(Cell limit) { return std::uniform_int_distribution<Cell>(0, limit - 1)(random_); }
  Cell cell(const RowGroup& group, std::size_t row, const char* column) const {
    return group.columns[table_.index_of(column)][row];
  }
  void set(RowGroup& group, std::size_t row, const char* column, Cell cell) const {
    group.columns[table_.index_of(column)].set(row, cell);
  }

  void start(RowGroup& group, std::size_t r) {
    for (auto& column : group.columns) column.set(r, missing(Missing::kNone));
    const Cell kind = std::min<Cell>(below(12), 7);  // kinds are not equally frequent
    pid_ += below(20) == 0 ? 2 : 1;
    const std::pair<const char*, Cell> constant[] = {
        {"pid", pack_pid(static_cast<std::uint32_t>(pid_ & 0xFFFFFFF),
                         static_cast<std::uint32_t>(pid_ >> 28))},
        {"first_seen", snapshot_},
        {"status", 1},
        {"current_function", 2},
        {"current_stacktrace", 1},
        {"links", 10 + kind},
        {"monitors", 5},
        {"monitored_by", 5},
        {"suspending", 5},
        {"group_leader", pack_pid(50, 0)},
        {"priority", 3},
        {"trap_exit", kind == 3 ? 1 : 0},
        {"message_queue_data", 4},
        {"minor_gcs", 0},
        {"fullsweep_after", 65535},
        {"min_heap_size", 1864},
        {"min_bin_vheap_size", 371'376},
        {"max_heap_size", 0},
        {"initial_call", 6},
        {"dictionary_initial_call", 20 + kind},
        {"parent", pack_pid(static_cast<std::uint32_t>(100 + kind), 0)},
        {"ancestors", 30 + kind},
        {"message_queue_len", 0},
        {"reductions", 40 + below(30)}};
    for (const auto& [column, value] : constant) set(group, r, column, value);
    resize(group, r, below(3));
    set(group, r, "detail_at", snapshot_);
  }

  void resize(RowGroup& group, std::size_t r, Cell step) {
    const Cell heap = kHeapSizes[std::min<Cell>(step, 8)] * 8;
    const Cell old = below(3) == 0 ? kHeapSizes[below(5)] * 8 : 0;
    const Cell stack = (9 + below(3)) * 8;
    set(group, r, "heap_size", heap);
    set(group, r, "total_heap_size", heap + old);
    set(group, r, "stack_size", stack);
    set(group, r, "memory", heap + old + 900 + 32 * below(4));
  }

  void work(RowGroup& group, std::size_t r) {
    set(group, r, "reductions", cell(group, r, "reductions") + 20 + below(400));
    set(group, r, "detail_at", snapshot_);
    if (below(3) == 0) {
      set(group, r, "minor_gcs", cell(group, r, "minor_gcs") + 1);
      resize(group, r, below(6));
    }
    if (below(10) == 0) set(group, r, "message_queue_len", below(4));
    if (below(10) == 0) set(group, r, "links", 40 + below(1000));
    if (below(10) == 0) set(group, r, "monitors", 2000 + below(1000));
    if (below(50) == 0) set(group, r, "status", 7);
  }

  std::mt19937 random_{1};
  const Table& table_ = process_table();
  std::vector<RowGroup> groups_;
  std::int64_t snapshot_ = 1;
  std::int64_t pid_ = 1000;
};

double milliseconds(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}
// Of times: what the machine does beside only adds to them.
double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

struct Measured {
  std::vector<double> bytes, encode, decode;
  void print(const char* what, std::size_t rows) const {
    const auto count = static_cast<double>(rows);
    fmt::print("{:28} {:8.4f} B/row  encode {:7.1f} ns/row  decode {:7.1f} ns/row\n", what,
               median(bytes) / count, least(encode) * 1e6 / count, least(decode) * 1e6 / count);
  }
};

using Parts = std::vector<std::vector<std::uint8_t>>;

void measure(Measured& into, const Table& table, const std::function<Parts()>& encode,
             std::vector<RowGroup> state) {
  Parts parts;
  into.encode.push_back(milliseconds([&] { parts = encode(); }));
  std::size_t bytes = 0;
  for (const auto& part : parts) bytes += part.size();
  into.bytes.push_back(static_cast<double>(bytes));
  into.decode.push_back(milliseconds([&] {
    for (std::size_t g = 0; g < parts.size(); ++g) {
      if (!parts[g].empty() && !decode_part(table, parts[g], state[g])) std::abort();
    }
  }));
}

void bench_codec(std::size_t processes) {
  constexpr int kRounds = 9;
  Node node(processes);
  for (int i = 0; i < 3; ++i) node.tick(0.3, 0.001);
  Measured keyframe, same;
  for (int i = 0; i < kRounds; ++i) {
    measure(
        keyframe, node.table(),
        [&] {
          Parts parts;
          for (const auto& group : node.groups()) {
            parts.push_back(encode_keyframe(node.table(), group, kLevel));
          }
          return parts;
        },
        std::vector<RowGroup>(node.groups().size()));
    const auto copy = node.groups();
    measure(same, node.table(),
            [&] {
              Parts parts;
              for (std::size_t g = 0; g < copy.size(); ++g) {
                parts.push_back(encode_difference(node.table(), node.groups()[g], copy[g], kLevel));
              }
              return parts;
            },
            {});
  }
  keyframe.print("keyframe", processes);
  same.print("difference, nothing changed", processes);
  const std::tuple<const char*, double, double> cases[] = {
      {"difference, 1 % active", 0.01, 0},
      {"difference, 10 % active", 0.1, 0},
      {"difference, 50 % active", 0.5, 0},
      {"difference, 5 % replaced", 0, 0.05},
      {"difference, 10 % + 0.1 % new", 0.1, 0.001}};
  for (const auto& [name, active, replaced] : cases) {
    Measured measured;
    for (int i = 0; i < kRounds; ++i) {
      const auto before = node.groups();
      node.tick(active, replaced);
      measure(
          measured, node.table(),
          [&] {
            Parts parts;
            for (std::size_t g = 0; g < before.size(); ++g) {
              parts.push_back(encode_difference(node.table(), before[g], node.groups()[g], kLevel));
            }
            return parts;
          },
          before);
    }
    measured.print(name, processes);
  }
}

// A whole file: keyframe groups of 32, aggregates of 200 groups, texts and lists.
void write_recording(const std::string& path, Node& node, int snapshots, double active,
                     double& milliseconds_each) {
  auto writer = Writer::create(path, {"bench", kLevel, 1, {}});
  if (!writer || !(*writer)->add_node({0, "bench@here", 1, 1, {}, {}})) std::abort();
  Aggregates aggregates;
  aggregates.node.assign(node_table().columns.size(), 123'456'789);
  std::vector<double> times;
  for (std::int64_t id = 1; id <= snapshots; ++id) {
    if (id > 1) node.tick(active, 0);
    const std::int64_t epoch = (id - 1) / 32 * 32 + 1;
    auto groups = node.groups();
    times.push_back(milliseconds([&] {
      bool good = (*writer)->begin(id, epoch, 1).has_value();
      for (Cell text = 1; good && epoch == id && text <= 3000; ++text) {
        good = (*writer)->put_text(text, fmt::format("shop_order_worker:handle_{}/2", text)) &&
               (*writer)->put_list(
                   text, List{2, {pack_pid(static_cast<std::uint32_t>(text), 0), 4 * text}});
      }
      for (std::size_t g = 0; good && g < groups.size(); ++g) {
        good = (*writer)->put_rows(node.table(), g, std::move(groups[g])).has_value();
      }
      aggregates.groups.clear();
      for (Cell name = 1; name <= 200; ++name) aggregates.groups.push_back({name, 500, 1 << 20});
      SnapshotRecord record{id, 1, epoch};
      record.began_wall_us = record.ended_wall_us = record.began_mono_us = id * 1'000'000;
      record.interval_us = 1'000'000;
      good = good && (*writer)->put_aggregates(aggregates) && (*writer)->commit(record);
      if (!good) std::abort();
    }));
  }
  milliseconds_each = median(times);
  if (!(*writer)->close()) std::abort();
}

void bench_file(std::size_t processes, int snapshots) {
  for (const double active : {0.01, 0.1, 0.5}) {
    const auto path =
        (std::filesystem::temp_directory_path() / fmt::format("codec_bench_{}", getpid())).string();
    Node node(processes);
    double each = 0;
    write_recording(path, node, snapshots, active, each);
    const auto bytes = static_cast<double>(std::filesystem::file_size(path));
    std::unique_ptr<Reader> reader;
    const double opening = milliseconds([&] { reader = std::move(*Reader::open(path)); });
    const Table& table = *reader->table("process");
    const double seeking = milliseconds([&] {
      if (reader->rows(table, snapshots, nullptr)->groups != node.groups()) std::abort();
    });
    const double history = milliseconds([&] {
      static_cast<void>(reader->history(
          table, 3, 1, snapshots, [](const auto&, const auto&) { return true; }, nullptr));
    });
    fmt::print(
        "file, {:2.0f} % active: {:.3f} B/row and snapshot ({:.0f} KiB), write {:.1f} ms each, "
        "open {:.1f} ms, seek {:.0f} ms, history of one group {:.0f} ms\n",
        active * 100, bytes / static_cast<double>(processes) / snapshots, bytes / 1024, each,
        opening, seeking, history);
    std::filesystem::remove(path);
  }
}

// What a recording's rows of processes take as keyframes and as differences, whatever it has of
// each, and what the whole file takes.
void bench_recording(const char* path) {
  auto opened = Reader::open(path);
  if (!opened) {
    fmt::print(stderr, "codec_bench: {}\n", opened.error().message);
    std::exit(3);
  }
  Reader& reader = **opened;
  const Table& table = *reader.table("process");
  Measured keyframe, difference;
  TableData before;
  double rows = 0;
  double active = 0;
  const auto& all = reader.snapshots();
  for (std::size_t at = 0; at < all.size(); ++at) {
    auto data = at == 0 ? reader.rows(table, all[0].id, nullptr) : Expected<TableData>(before);
    if (at > 0 && !reader.step(table, all[at].id, *data, nullptr)) std::abort();
    rows += static_cast<double>(all[at].processes);
    const auto& now = data->groups;
    const auto encode = [&](bool whole) {
      Parts parts;
      for (std::size_t g = 0; g < now.size(); ++g) {
        parts.push_back(whole || g >= before.groups.size()
                            ? encode_keyframe(table, now[g], kLevel)
                            : encode_difference(table, before.groups[g], now[g], kLevel));
      }
      return parts;
    };
    if (at % 16 == 0) {
      measure(
          keyframe, table, [&] { return encode(true); }, std::vector<RowGroup>(now.size()));
    }
    if (at > 0) {
      active += static_cast<double>(all[at].detailed);
      auto state = before.groups;
      state.resize(now.size());
      measure(
          difference, table, [&] { return encode(false); }, std::move(state));
    }
    before = std::move(*data);
  }
  const auto each = rows / static_cast<double>(all.size());
  fmt::print("{}: {} snapshots of {:.0f} processes, {:.1f} % of them read again in each\n", path,
             all.size(), each, active * 100 / std::max(1.0, rows - each));
  keyframe.print("keyframe", static_cast<std::size_t>(each));
  if (all.size() > 1) difference.print("difference", static_cast<std::size_t>(each));
  fmt::print("whole file, everything counted: {} bytes, {:.4f} B/row and snapshot\n",
             reader.file_bytes(), static_cast<double>(reader.file_bytes()) / rows);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::filesystem::exists(argv[1])) {
    bench_recording(argv[1]);
    return 0;
  }
  const std::size_t processes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  const int snapshots = argc > 2 ? std::atoi(argv[2]) : 64;
  if (argc > 4) {
    // Only writes a recording, of the given share of active processes, to be read by others.
    Node node(processes);
    double each = 0;
    write_recording(argv[4], node, snapshots, std::strtod(argv[3], nullptr), each);
    return 0;
  }
  fmt::print("{} processes, {} columns\n", processes, process_table().columns.size());
  bench_codec(processes);
  if (snapshots > 0) bench_file(processes, snapshots);
}
