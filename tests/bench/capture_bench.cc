// What recording costs a real node of gen_servers: its CPU time, and how long it keeps a scheduler;
// and the recorder's memory, time and bytes. Beside it, in the same run and on the same node,
// - one pass of [process_info(P, memory) || P <- processes()], compiled;
// - the bare loop: lists:zipwith(fun erlang:process_info/2, Part, ...) over all processes with the
//   same items as census and detail together, each part's answer dropped. Nothing is sent.
//
// Usage: capture_bench [processes] [snapshots] [active per cent] [argument of erl ...]
//
// A round is a pass, a bare loop, a snapshot that does not count (both cost each process a
// reduction, so it reads everybody again), kPerRound snapshots that do, and as many whose stretches
// are measured (apart: the tracer costs the node more than the snapshot). Before the pass, the loop
// and each of those the active share of the processes handles a message, and the bench waits until
// all have: their own work is not counted, but on which scheduler they last ran is the same for all
// that is compared (to wake a process on another one costs more than to ask it). CPU time is the
// run time of all threads of the node as Linux counts it (schedstat), from before the snapshot is
// asked for until it is stored: encoding, sending, ports, tables, allocators included.
// The node runs with +sbwt none: by default its schedulers spin while they wait, which counts as
// CPU time and depends on the machine, not on the work.
//
// A stretch is the longest that a process of the recorder's or a port kept a scheduler without a
// break, in CPU time of that scheduler's thread (stretch_tracer.c). Those within processes/0, which
// nobody can divide, are told apart. What the machine below a virtual one took meanwhile is taken
// off where that can be seen; to see whether it can there is a control: for as long as a snapshot
// takes, nobody records, and a process per scheduler gives it away after each 1 us of work. What
// the kernel did remains: so the longest in user mode, the node's own code, is told beside it, and
// there is another control: a process that does nothing but take as much memory as the one that
// keeps the list of all processes, in as many pieces. The longest in wall time, of anybody, is what
// erlang:system_monitor (long_schedule, long_gc) tells of the snapshots that count, in it what the
// node's threads waited for a processor that the recorder had; not in it, since that does not see
// it: a process that only answers, processes/0 after its first break, a heap that is given back.

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/node/ei_link.h"
#include "recorder/term/builder.h"
#include "recorder/term/text.h"
#include "tests/live/node.h"

namespace {

using namespace beamtape;
using std::chrono::milliseconds;

constexpr int kPerRound = 3;
// The node keeps freed memory for some seconds.
constexpr std::chrono::seconds kUntilFresh(5);

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "capture_bench: {}\n", why);
  std::exit(1);
}

// What all threads of a process did so far, in milliseconds.
struct Spent {
  double running = 0;
  double waiting = 0;  // for a processor
};
Spent spent_by(pid_t process) {
  Spent all;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    double running = 0, waiting = 0;
    std::ifstream(task.path() / "schedstat") >> running >> waiting;
    all.running += running / 1e6;
    all.waiting += waiting / 1e6;
  }
  return all;
}

// The value that so large a share of them does not exceed.
double share(std::vector<double> values, double of_them) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(static_cast<double>(values.size()) * of_them);
  return values[std::min(at, values.size() - 1)];
}
double median(const std::vector<double>& values) { return share(values, 0.5); }

std::string load() {
  std::string average;
  std::ifstream("/proc/loadavg") >> average;
  return average;
}

struct Stretches {
  double longest_ms = 0;  // without what the machine below took
  double longest_with_it_ms = 0;
  double longest_own_ms = 0;             // in user mode
  std::string from, to;                  // the functions in which the longest began and ended, or 0
  double seconds = 0;                    // of all together, with what the machine took
  double over_5_ms = 0, over_20_ms = 0;  // how many
  bool is_told_apart = false;            // what the machine and the kernel took
};

// One node under our control.
class Target {
 public:
  explicit Target(const std::vector<std::string>& more) {
    setenv("ERL_EPMD_PORT", std::to_string(world_.epmd_port()).c_str(), 1);
    std::string pattern = std::filesystem::temp_directory_path() / "capture_bench.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const std::string compile = fmt::format("erlc -o {} {}/tests/bench/capture_target.erl",
                                            folder_.string(), BEAMTAPE_SOURCE_DIR);
    if (std::system(compile.c_str()) != 0) give_up("cannot compile the target's module");
    std::vector<std::string> arguments = {
        "-sname",    "bench", "+P",       "4000000",    "-pa",
        folder_,     "+sbwt", "none",     "-functions", BEAMTAPE_STRETCH_TRACER,
        "+sbwtdcpu", "none",  "+sbwtdio", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    node_ = world_.erl(arguments);
    auto cookie = find_cookie(world_.cookie_file());
    auto address = parse_node("bench");
    if (!cookie || !address) give_up("no cookie");
    auto link = connect(*address, *cookie, milliseconds(10000));
    if (!link) give_up(link.error().message);
    link_ = std::move(*link);
    asker_ = std::make_unique<Asker>(*link_, 1);
  }
  ~Target() { std::filesystem::remove_all(folder_); }

  // What the function answers, as a term.
  Bytes call(const char* function, std::optional<std::int64_t> argument = {}) {
    TermBuilder arguments;
    argument ? arguments.list(1).integer(*argument).nil() : arguments.nil();
    auto done = asker_->call("capture_target", function, arguments.bytes(), milliseconds(300'000));
    if (!done) give_up(done.error().message);
    return *std::move(done);
  }
  // What was seen since the last question: "stretches", or "of_processes" of processes/0.
  Stretches stretches(const char* which) {
    const Bytes answer = call(which);
    Cursor cursor(answer);
    if (!cursor.tuple(9)) give_up("no stretches");
    const auto number = [&] { return static_cast<double>(cursor.integer().value_or(0)); };
    Stretches seen;
    seen.longest_ms = number() / 1e3;
    seen.longest_with_it_ms = number() / 1e3;
    seen.longest_own_ms = number() / 1e3;
    seen.from = term_text(cursor, "", 100);
    seen.to = term_text(cursor, "", 100);
    seen.seconds = number() / 1e6;
    seen.over_5_ms = number();
    seen.over_20_ms = number();
    seen.is_told_apart = number() != 0;
    return seen;
  }
  double stretch_in_wall_time() {
    const Bytes answer = call("longest_in_wall_time");
    return static_cast<double>(Cursor(answer).integer().value_or(0));
  }
  void work(int active) {
    if (active > 0) call("work", active);
  }
  // Milliseconds of CPU that it takes after the active have worked.
  double cost_of(const char* function, int active) {
    work(active);
    const double before = cpu();
    call(function);
    return cpu() - before;
  }
  // `erl` becomes the emulator by exec: the child is the node itself.
  Spent spent() const { return spent_by(node_->id()); }
  double cpu() const { return spent().running; }
  std::string file() const { return folder_ / "bench.beamtape"; }
  const live::World& world() const { return world_; }
  std::string cookie_file() const { return world_.cookie_file(); }

 private:
  live::World world_;
  std::filesystem::path folder_;
  std::unique_ptr<live::Program> node_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Asker> asker_;
};

struct Figures {
  std::vector<double> passes, loops;            // CPU of the target, ms
  std::vector<double> snapshots, took, stored;  // CPU, ms; wall ms; CPU of the recorder, ms
  std::vector<Stretches> stretches;             // of each snapshot
  std::vector<Stretches> of_machine;            // of the control beside it
  std::vector<Stretches> of_memory;             // of the other one
  std::vector<double> wall_stretches;           // ms
  std::vector<double> waited;                   // for a processor, by the node's threads, ms
  double first = 0, first_took = 0;
  std::vector<double> of_processes;  // ms
  double memory_mb = 0;
  std::int64_t detailed = 0, stale = 0;
};

// A recorder that takes a snapshot when it is told to.
class Recorder {
 public:
  explicit Recorder(const Target& target)
      : program_(
            {.command = {BEAMTAPE_RECORDER, "bench", "-o", target.file(), "-i", "24h", "--budget",
                         "100%", "--json", "--cookie-file", target.cookie_file()}}) {}

  nlohmann::json next_line() {
    const auto line = program_.read_line();
    if (!line) give_up("the recorder failed: " + program_.wait().error);
    return nlohmann::json::parse(*line);
  }
  nlohmann::json snapshot() {
    program_.signal(SIGUSR1);
    return next_line();
  }
  double cpu() const { return spent_by(program_.id()).running; }
  double most_memory_mb() const {
    std::ifstream status(fmt::format("/proc/{}/status", program_.id()));
    for (std::string word; status >> word;) {
      if (word != "VmHWM:") continue;
      double kib = 0;
      status >> kib;
      return kib * 1024 / 1e6;
    }
    return 0;
  }
  void end() {
    program_.signal(SIGINT);
    if (program_.wait().exit_code != 0) give_up("the recorder failed");
  }

 private:
  live::Program program_;
};

void count_snapshot(Target& target, Recorder& recorder, int active, Figures& figures) {
  target.work(active);
  target.stretch_in_wall_time();
  const Spent before = target.spent();
  const double stored_before = recorder.cpu();
  const nlohmann::json line = recorder.snapshot();
  const Spent after = target.spent();
  figures.snapshots.push_back(after.running - before.running);
  figures.stored.push_back(recorder.cpu() - stored_before);
  figures.took.push_back(line["took_us"].get<double>() / 1e3);
  figures.wall_stretches.push_back(target.stretch_in_wall_time());
  figures.waited.push_back(after.waiting - before.waiting);
  figures.detailed = line["detailed"];
  figures.stale += line["stale_found"].get<std::int64_t>();
}

void measure_stretches(Target& target, Recorder& recorder, int active, Figures& figures) {
  target.work(active);
  target.call("trace_all_else", 1);
  target.stretches("stretches");
  recorder.snapshot();
  figures.stretches.push_back(target.stretches("stretches"));
  figures.of_processes.push_back(target.stretches("of_processes").longest_ms);
  target.call("spin", static_cast<std::int64_t>(median(figures.took)));
  figures.of_machine.push_back(target.stretches("stretches"));
  if (figures.stretches.size() % kPerRound == 0) {
    std::this_thread::sleep_for(kUntilFresh);
    target.call("take_memory");
    figures.of_memory.push_back(target.stretches("stretches"));
  }
  target.call("trace_all_else", 0);
}

Figures record(Target& target, int snapshots, int active) {
  Figures figures;
  target.call("watch");
  const double before = target.cpu();
  Recorder recorder(target);
  const nlohmann::json first = recorder.next_line();
  figures.first = target.cpu() - before;
  figures.first_took = first["took_us"].get<double>() / 1e3;
  while (static_cast<int>(figures.snapshots.size()) < snapshots) {
    figures.passes.push_back(target.cost_of("memory_pass", active));
    figures.loops.push_back(target.cost_of("bare_loop", active));
    recorder.snapshot();
    for (int at = 0; at < kPerRound; ++at) count_snapshot(target, recorder, active, figures);
    for (int at = 0; at < kPerRound; ++at) measure_stretches(target, recorder, active, figures);
  }
  figures.memory_mb = recorder.most_memory_mb();
  recorder.end();
  return figures;
}

void report_stretches(std::string_view whose, const std::vector<Stretches>& all) {
  const auto spread = [&](double Stretches::*which) {
    std::vector<double> values;
    for (const Stretches& one : all) values.push_back(one.*which);
    return fmt::format("{:6.2f} {:6.2f} {:6.2f}", share(values, 0), share(values, 0.5),
                       share(values, 1));
  };
  Stretches sum;
  for (const Stretches& one : all) {
    sum.seconds += one.seconds;
    sum.over_5_ms += one.over_5_ms;
    sum.over_20_ms += one.over_20_ms;
  }
  const bool is_told_apart =
      std::all_of(all.begin(), all.end(), [](const auto& one) { return one.is_told_apart; });
  const std::string unknown = fmt::format("{:>20}", "not known");
  fmt::print("  {:<24} {}   {}   {} {:5.0f} {:3.0f} in {:5.1f} s\n", whose,
             is_told_apart ? spread(&Stretches::longest_ms) : unknown,
             is_told_apart ? spread(&Stretches::longest_own_ms) : unknown,
             spread(&Stretches::longest_with_it_ms), sum.over_5_ms, sum.over_20_ms, sum.seconds);
}

void report(const Figures& figures) {
  const double snapshot = median(figures.snapshots);
  const double pass = median(figures.passes);
  const double loop = median(figures.loops);
  const auto line = [](std::string_view what, double value, std::string_view unit) {
    fmt::print("{:<58} {:9.2f} {}\n", what, value, unit);
  };
  line("target CPU per snapshot, median", snapshot, "ms");
  line("target CPU of one memory pass, median", pass, "ms");
  line("target CPU of one bare loop, median", loop, "ms");
  line("snapshot / memory pass", snapshot / pass, "");
  line("snapshot / bare loop", snapshot / loop, "");
  const auto spread = [](std::string_view what, const std::vector<double>& values) {
    fmt::print("{:<44} {:6.2f} {:6.2f} {:6.2f} ms\n", what, share(values, 0), share(values, 0.5),
               share(values, 1));
  };
  fmt::print(
      "longest stretches, ms of CPU time: least, median, most (each column by itself), and\n"
      "how many were over 5 and over 20 ms without the machine's, in s of CPU time\n");
  fmt::print("{:<27}{:<23}{:<23}{:<23}{}\n", "", "without the machine's", "the node's own code",
             "with the machine's", "over 5, 20 ms");
  report_stretches("snapshot", figures.stretches);
  report_stretches("who works 1 us at a time", figures.of_machine);
  report_stretches("who takes fresh memory", figures.of_memory);
  const Stretches& worst =
      *std::max_element(figures.stretches.begin(), figures.stretches.end(),
                        [](const auto& a, const auto& b) { return a.longest_ms < b.longest_ms; });
  fmt::print("  the longest of a snapshot from {} to {}\n", worst.from, worst.to);
  spread("within processes/0, without the machine's", figures.of_processes);
  spread("longest in wall time, of anybody", figures.wall_stretches);
  line("the node's threads waited for a processor, median", median(figures.waited), "ms");
  line("first snapshot, target CPU", figures.first, "ms");
  line("first snapshot, question to stored", figures.first_took, "ms");
  line("later snapshots, question to stored, median", median(figures.took), "ms");
  line("recorder: CPU per snapshot, median", median(figures.stored), "ms");
  line("recorder: most resident memory", figures.memory_mb, "MB");
  fmt::print("{} of the last were read in detail, {} rows were stale\n", figures.detailed,
             figures.stale);
}

// Milliseconds from start to end of a command whose output is thrown away; median of five.
double time_of(const std::function<std::string()>& command) {
  std::vector<double> times;
  for (int run = 0; run < 5; ++run) {
    const std::string line = command() + " > /dev/null";
    const auto began = std::chrono::steady_clock::now();
    if (std::system(line.c_str()) != 0) give_up("failed: " + line);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    times.push_back(took.count());
  }
  return median(times);
}

void time_commands(const Target& target) {
  const auto small = target.world().erl({"-sname", "small"});
  int run = 0;
  const double once = time_of([&] {
    return fmt::format("{} small --once --cookie-file {} -o {}.{}", BEAMTAPE_RECORDER,
                       target.cookie_file(), target.file(), ++run);
  });
  fmt::print("--once of a small node, from the shell      {:9.1f} ms\n", once);
  const double info =
      time_of([&] { return fmt::format("{} info {}", BEAMTAPE_ANALYZER, target.file()); });
  fmt::print("info of the recording above, from the shell {:9.1f} ms\n", info);
}

}  // namespace

int main(int argc, char** argv) {
  const int processes = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const int snapshots = argc > 2 ? std::atoi(argv[2]) : 30;
  const int active = argc > 3 ? std::atoi(argv[3]) : 10;
  if (processes < 1 || snapshots < 1 || active < 0 || active > 100) {
    give_up("usage: capture_bench [processes] [snapshots] [active per cent] [argument of erl ...]");
  }
  Target target({argv + std::min(argc, 4), argv + argc});
  target.call("start", processes);
  fmt::print("{} gen_servers, {} snapshots, {} % active; load {}\n", processes, snapshots, active,
             load());
  report(record(target, snapshots, active));
  fmt::print("load {}\n", load());
  time_commands(target);
  return 0;
}
