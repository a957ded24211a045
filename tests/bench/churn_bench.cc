// A day of churn, simulated at speed: a made-up node on which thousands of processes are born and
// die every second is recorded into a bounded file, by the code that records real ones (questions,
// answers as terms, aggregates, the storing thread, the file); only the clock is ours.
//
// Usage: churn_bench [hours, 24] [births a second, 2000] [seconds between snapshots, 5]
//                    [--max-size in MiB, 32]
// Prints file and memory as time passes. Ends with 1 if the file was ever larger than its bound, if
// memory still grew after the first groups were dropped, or if the file is not whole.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "recorder/node/link.h"
#include "recorder/session/aggregator.h"
#include "recorder/session/capture.h"
#include "recorder/session/recorder.h"
#include "recorder/session/storing.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "schema/model/ref.h"
#include "schema/store/reader.h"

namespace {

using namespace beamtape;

constexpr std::string_view kName = "churn@here";
constexpr std::uint32_t kResidents = 1000, kCensusChunk = 2000;
constexpr std::int64_t kDay = 1'700'000'000'000'000;  // some wall clock, microseconds

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "churn_bench: {}\n", why);
  std::exit(1);
}

template <typename T>
T must(Expected<T>&& value) {
  if (!value) give_up(value.error().message);
  return std::move(*value);
}
void must(Expected<void>&& done) {
  if (!done) give_up(done.error().message);
}

// The node: some processes that stay, and many that live for about a second each. What a process
// shows follows from its pid, so that nothing has to be kept of the dead.
class ChurningNode : public Link {
 public:
  explicit ChurningNode(std::uint32_t births) : births_(births) {
    TermBuilder pid;
    self_ = pid.pid("beamtape_0@here", 1, 0, 1).take();
    for (const auto& collector : all_collectors(RecordedNode(facts()))) {
      for (const auto& [question, items] : collector->questions(RecordedNode(facts()))) {
        questions_.push_back(question->name);
      }
    }
  }
  static NodeFacts facts() { return {.name = std::string(kName), .creation = 1}; }

  // Lets `seconds` pass. One in a hundred of the short-lived was not done when the others were.
  void pass(std::uint32_t seconds) {
    ++tick_;
    std::vector<std::uint32_t> late;
    for (std::size_t at = 0; at < alive_.size(); at += 100) late.push_back(alive_[at]);
    last_ += births_ * seconds;
    alive_ = std::move(late);
    for (std::uint32_t id = last_ - births_; id < last_; ++id) alive_.push_back(id);
  }
  std::int64_t born() const { return last_ - kResidents; }
  Expected<void> send(std::string_view, std::span<const std::uint8_t> term) override {
    Cursor cursor(term);
    if (!cursor.version() || !cursor.tuple(3)) give_up("a message that is no call");
    // {'$gen_call', {Self, Tag}, {call, M, F, Arguments, user}}
    cursor.skip(), cursor.tuple(2), cursor.skip();
    const auto tag = cursor.raw();
    cursor.tuple(5), cursor.skip(), cursor.skip();
    if (cursor.take_atom("string")) {
      // Tokens of a question are its number, and so is what they parse to.
      TermBuilder reply;
      reply.version().tuple(2).raw(tag).tuple(3).atom("ok").integer(++scanned_).integer(1);
      replies_.push_back(reply.take());
    } else if (cursor.take_atom("parse_exprs")) {
      ListReader arguments(cursor);
      arguments.next();
      const auto tokens = cursor.integer();
      TermBuilder reply;
      reply.version().tuple(2).raw(tag).tuple(2).atom("ok").list(3);
      for (int each = 0; each < 3; ++each) reply.integer(*tokens);
      replies_.push_back(reply.nil().take());
    } else {
      cursor.skip();
      evaluate(tag, cursor);
    }
    return {};
  }
  Expected<std::vector<std::uint8_t>> receive(std::chrono::milliseconds) override {
    if (replies_.empty()) return fail(Error::Code::kTimeout, "everything is answered");
    auto next = std::move(replies_.front());
    replies_.pop_front();
    received_bytes_ += std::ssize(next);
    return next;
  }
  std::int64_t received_bytes() const override { return received_bytes_; }
  std::span<const std::uint8_t> self() const override { return self_; }
  const std::string& node() const override { return name_; }

 private:
  // [Question, Bindings | _], of which {'Given', Pids} is the second.
  void evaluate(std::span<const std::uint8_t> tag, Cursor& cursor) {
    ListReader arguments(cursor);
    arguments.next();
    const auto question = questions_.at(static_cast<std::size_t>(*cursor.integer()) - 1);
    arguments.next();
    ListReader bindings(cursor);
    bindings.next(), cursor.skip();
    bindings.next(), cursor.tuple(2), cursor.skip();
    std::vector<std::uint32_t> given;
    ListReader pids(cursor);
    while (pids.next()) given.push_back(cursor.pid()->id);
    std::int64_t chunks = 0;
    if (question == "census") {
      chunks = answer_census(tag);
    } else if (question == "identity") {
      answer_identity(tag, given);
      chunks = 1;
    } else if (!given.empty()) {
      answer_detail(tag, given);
      chunks = 1;
    }
    TermBuilder end;
    end.version().tuple(2).raw(tag).integer(chunks);
    replies_.push_back(end.take());
  }

  static void begin(TermBuilder& to, std::span<const std::uint8_t> tag, std::int64_t chunk) {
    to.version().tuple(5).raw(tag).integer(chunk).integer(0).integer(1000).tuple(2).atom("ok");
  }
  // Census and identity come as the binary of a term (Question::packed).
  void send_packed(std::span<const std::uint8_t> tag, std::int64_t chunk, const Bytes& term) {
    TermBuilder to;
    begin(to, tag, chunk);
    replies_.push_back(to.binary(term).take());
  }
  static void pid(TermBuilder& to, std::uint32_t id) { to.pid(kName, id, 0, 1); }
  static void pids(TermBuilder& to, const std::vector<std::uint32_t>& ids) {
    to.list(static_cast<std::uint32_t>(ids.size()));
    for (const std::uint32_t id : ids) pid(to, id);
    to.nil();
  }
  // A tenth of those that stay works in each second; the others stand still.
  std::int64_t reductions(std::uint32_t id) const {
    if (id >= kResidents) return 100 + id % 977;
    return 1000 + id + (tick_ + id) / 10 * 400;
  }
  static std::int64_t words(std::uint32_t id) { return 233 + (id * 2654435761u >> 20) % 6000; }
  void baseline(TermBuilder& to, std::uint32_t id) const {
    to.tuple(2).atom("reductions").integer(reductions(id) + touched(id));
    to.tuple(2).atom("message_queue_len").integer(0);
  }
  // Reading a process in detail costs it a reduction, which its counter shows from then on.
  std::int64_t touched(std::uint32_t id) const { return id < kResidents ? touched_[id] : 0; }
  std::int64_t answer_census(std::span<const std::uint8_t> tag) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t id = 1; id < kResidents; ++id) all.push_back(id);
    all.insert(all.end(), alive_.begin(), alive_.end());
    std::int64_t chunks = 0;
    for (std::size_t from = 0; from < all.size(); from += kCensusChunk) {
      const auto until = std::min(all.size(), from + kCensusChunk);
      const std::vector<std::uint32_t> part(all.begin() + static_cast<std::ptrdiff_t>(from),
                                            all.begin() + static_cast<std::ptrdiff_t>(until));
      TermBuilder to;
      pids(to.version().tuple(2), part);
      to.list(static_cast<std::uint32_t>(part.size()));
      for (const std::uint32_t id : part) {
        to.list(5);
        baseline(to, id);
        to.tuple(2).atom("status").atom("waiting");
        to.tuple(2).atom("heap_size").integer(words(id));
        to.tuple(2).atom("stack_size").integer(9 + id % 5).nil();
      }
      send_packed(tag, chunks++, to.nil().take());
    }
    return chunks;
  }

  void answer_detail(std::span<const std::uint8_t> tag, const std::vector<std::uint32_t>& given) {
    TermBuilder to;
    begin(to, tag, 0);
    pids(to.tuple(2), given);
    to.list(static_cast<std::uint32_t>(given.size()));
    for (const std::uint32_t id : given) {
      to.list(6);
      baseline(to, id);
      to.tuple(2).atom("memory").integer(8 * words(id) + 900);
      to.tuple(2).atom("total_heap_size").integer(words(id));
      to.tuple(2).atom("links").list(1);
      pid(to, 1 + id % 16);
      to.nil().tuple(2).atom("current_function").tuple(3).atom("gen_server").atom("loop");
      to.integer(7).nil();
      if (id < kResidents) ++touched_[id];
    }
    replies_.push_back(to.nil().take());
  }

  void answer_identity(std::span<const std::uint8_t> tag, const std::vector<std::uint32_t>& given) {
    const auto count = static_cast<std::uint32_t>(given.size());
    TermBuilder to;
    pids(to.version().tuple(5), given);
    to.list(count);
    for (const std::uint32_t id : given) {
      to.list(2).tuple(2).atom("reductions").integer(reductions(id) + touched(id));
      to.tuple(2).atom("initial_call").tuple(3).atom("proc_lib").atom("init_p").integer(5).nil();
      if (id < kResidents) ++touched_[id];
    }
    to.nil().list(count);
    for (const std::uint32_t id : given) {
      to.tuple(2).atom("$initial_call").tuple(3).atom(fmt::format("worker_{}", id % 40));
      to.atom("init").integer(1);
    }
    to.nil().list(count);
    for (const std::uint32_t id : given) {
      to.tuple(2).atom("$ancestors").list(1);
      pid(to, 1 + id % 16);
      to.nil();
    }
    to.nil().list(count);
    // A name of its own for each: what a careless program does.
    for (const std::uint32_t id : given) {
      to.tuple(2).atom("$process_label").binary(fmt::format("request {}", id));
    }
    send_packed(tag, 0, to.nil().take());
  }

  const std::string name_{kName};
  std::vector<std::uint8_t> self_;
  std::vector<std::string_view> questions_;  // as they are prepared
  std::int64_t received_bytes_ = 0;
  std::deque<std::vector<std::uint8_t>> replies_;
  std::vector<std::uint32_t> alive_;  // beside those that stay
  std::vector<std::int64_t> touched_ = std::vector<std::int64_t>(kResidents);
  std::uint32_t births_, last_ = kResidents;
  std::int64_t tick_ = 0, scanned_ = 0;
};

double resident_mb() {
  std::int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Churn {
  double hours = 24;
  std::uint32_t births = 2000, interval = 5;  // a second; seconds between snapshots
  std::int64_t max_bytes = 32 << 20;
};
// What came of it.
struct Result {
  std::int64_t snapshots = 0, stale = 0, came = 0, went = 0;
  std::int64_t largest = 0;  // bytes of the file with its -wal
  double settled_mb = 0;     // most memory until half of the time had passed
  double most_mb = 0;        // after that
};

// Records as Session does, but when we say.
class Simulation {
 public:
  Simulation(const Churn& plan, Writer& writer)
      : plan_(plan),
        link_(plan.births),
        asker_(link_, 1),
        node_(ChurningNode::facts()),
        capture_(asker_, node_),
        storing_(writer, [](const std::string& news) { give_up(news); }) {
    must(capture_.prepare());
    must(storing_.with_writer([&](Writer& to) -> Expected<void> {
      node_id_ = must(to.add_node({.name = std::string(kName), .facts = {}, .applications = {}}));
      return {};
    }));
  }

  Result run() {
    const auto snapshots =
        std::max<std::int64_t>(2, static_cast<std::int64_t>(plan_.hours * 3600 / plan_.interval));
    fmt::print("{:>9} {:>10} {:>12} {:>12} {:>10}\n", "hours", "snapshots", "births", "file, MiB",
               "memory, MB");
    for (std::int64_t id = 1; id <= snapshots; ++id) {
      take(id);
      const double memory = resident_mb();
      double& most = id <= snapshots / 2 ? result_.settled_mb : result_.most_mb;
      most = std::max(most, memory);
      if (id % std::max<std::int64_t>(1, snapshots / 24) != 0) continue;
      fmt::print("{:9.2f} {:10} {:12} {:12.2f} {:10.1f}\n",
                 static_cast<double>(id * plan_.interval) / 3600, id, link_.born(),
                 static_cast<double>(now_bytes_) / (1 << 20), memory);
      std::fflush(stdout);
    }
    storing_.close();
    collect();
    if (storing_.failure()) give_up(storing_.failure()->message);
    return result_;
  }

 private:
  void take(std::int64_t id) {
    link_.pass(plan_.interval);
    const auto need = storing_.take_need(node_id_);
    if (need != Storing::Need::kNothing || in_epoch_ == kSnapshotsPerEpoch) {
      epoch_ = id;
      in_epoch_ = 0;
      node_.start_epoch();
      texts_ = lists_ = 0;
    }
    ++in_epoch_;
    SnapshotRecord record = must(capture_.take(id));
    record.epoch = epoch_;
    record.node = node_id_;
    record.interval_us = plan_.interval * 1'000'000;
    record.began_mono_us = id * record.interval_us;
    record.ended_wall_us = 1000 + (record.began_wall_us = kDay + record.began_mono_us);
    Aggregates sums = aggregator_.sum_up(node_, record);
    Batch batch = pack(node_, record, std::move(sums), texts_, lists_);
    if (!storing_.put(batch, std::chrono::minutes(10))) give_up("nothing is stored any more");
    result_.came += node_.appeared;
    result_.went += node_.gone;
    collect();
    if (const auto failure = storing_.failure()) give_up(failure->message);
  }

  void collect() {
    for (const auto& stored : storing_.take_stored(std::chrono::milliseconds(0))) {
      ++result_.snapshots;
      result_.stale += stored.record.stale_found;
      now_bytes_ = stored.file_bytes;
      result_.largest = std::max(result_.largest, now_bytes_);
    }
  }
  const Churn plan_;
  ChurningNode link_;
  Asker asker_;
  RecordedNode node_;
  Capture capture_;
  Aggregator aggregator_;
  Storing storing_;
  Result result_;
  std::int64_t node_id_ = 0, epoch_ = 1, in_epoch_ = kSnapshotsPerEpoch, now_bytes_ = 0;
  std::size_t texts_ = 0, lists_ = 0;
};
// Says what of the file is left, and whether it is whole.
bool tell_file(const std::string& path, const Result& result) {
  const auto reader = must(Reader::open(path));
  const auto damage = must(reader->check({}));
  const auto& kept = reader->snapshots();
  fmt::print("{} of {} snapshots kept, check finds {}\n", kept.size(), result.snapshots,
             damage.empty() ? "nothing" : damage.front().what);
  return damage.empty() && !kept.empty() && kept.back().id == result.snapshots;
}

}  // namespace

int main(int argc, char** argv) {
  Churn plan;
  if (argc > 1) plan.hours = std::strtod(argv[1], nullptr);
  if (argc > 2) plan.births = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  if (argc > 3) plan.interval = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
  if (argc > 4) plan.max_bytes = std::strtoll(argv[4], nullptr, 10) << 20;
  if (plan.hours <= 0 || plan.births == 0 || plan.interval == 0 || plan.max_bytes <= 0) {
    give_up("usage: churn_bench [hours] [births a second] [seconds between snapshots] [MiB]");
  }
  std::string pattern = std::filesystem::temp_directory_path() / "churn_bench.XXXXXX";
  const std::filesystem::path folder = mkdtemp(pattern.data());
  const std::string path = folder / "churn.beamtape";
  bool good = false;
  {
    auto writer = must(Writer::create(
        path, {.recorder_version = "churn", .max_bytes = plan.max_bytes, .nodes = {}}));
    const Result result = Simulation(plan, *writer).run();
    must(writer->close());
    good = tell_file(path, result);
    fmt::print("{} processes seen come, {} go; stale rows found {}\n", result.came, result.went,
               result.stale);
    fmt::print("largest file with its -wal {:.2f} MiB of {} MiB\n",
               static_cast<double>(result.largest) / (1 << 20), plan.max_bytes >> 20);
    fmt::print("most memory in the first half {:.1f} MB, in the second {:.1f} MB\n",
               result.settled_mb, result.most_mb);
    const bool flat = result.most_mb <= result.settled_mb * 1.1 + 2;
    if (result.largest > plan.max_bytes) fmt::print("the file outgrew its bound\n");
    if (!flat) fmt::print("memory grew\n");
    good = good && flat && result.largest <= plan.max_bytes && result.stale == 0;
  }
  std::filesystem::remove_all(folder);
  return good ? 0 : 1;
}
