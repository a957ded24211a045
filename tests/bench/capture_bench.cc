// What a recording costs: the target's CPU time, the recorder's memory and time, and the file's
// bytes, on a real node of gen_servers. Beside it, in the same run, what one pass of
// [process_info(P, memory) || P <- processes()] costs that node.
//
// Then how long one snapshot of a small node takes from the shell, and `beamtape-analyzer info`.
//
// Usage: capture_bench [processes] [snapshots] [active per cent]
// The target's CPU time is the sum of its threads' run time as Linux counts it (schedstat).

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "recorder/collect/asker.h"
#include "recorder/node/ei_link.h"
#include "recorder/term/builder.h"
#include "tests/live/node.h"

namespace {

using namespace beamtape;
using std::chrono::milliseconds;

constexpr const char* kModule = R"(
-module(bench_target).
-behaviour(gen_server).
-export([start/1, memory_pass/0, work/1, init/1, handle_call/3, handle_cast/2, handle_info/2]).
start(N) ->
  Pids = [element(2, {ok, _} = gen_server:start(?MODULE, I, [])) || I <- lists:seq(1, N)],
  persistent_term:put(?MODULE, Pids).
memory_pass() -> length([process_info(P, memory) || P <- processes()]).
work(PerCent) ->
  [gen_server:cast(P, work) || P <- persistent_term:get(?MODULE), rand:uniform(100) =< PerCent], ok.
init(I) -> {ok, I}.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast(work, S) -> _ = lists:seq(1, 50 + S rem 100), {noreply, S}.
handle_info(_, S) -> {noreply, S}.
)";

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "capture_bench: {}\n", why);
  std::exit(1);
}

double cpu_ms(pid_t process) {
  double nanoseconds = 0;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    double one = 0;
    std::ifstream(task.path() / "schedstat") >> one;
    nanoseconds += one;
  }
  return nanoseconds / 1e6;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One node under our control.
class Target {
 public:
  Target() {
    setenv("ERL_EPMD_PORT", std::to_string(world_.epmd_port()).c_str(), 1);
    std::string pattern = std::filesystem::temp_directory_path() / "capture_bench.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ / "bench_target.erl") << kModule;
    const std::string compile = fmt::format("erlc -o {0} {0}/bench_target.erl", folder_.string());
    if (std::system(compile.c_str()) != 0) give_up("cannot compile the target's module");
    node_ = world_.erl({"-sname", "bench", "+P", "4000000", "-pa", folder_.string()});
    auto cookie = find_cookie(world_.cookie_file());
    auto address = parse_node("bench");
    if (!cookie || !address) give_up("no cookie");
    auto link = connect(*address, *cookie, milliseconds(10000));
    if (!link) give_up(link.error().message);
    link_ = std::move(*link);
    asker_ = std::make_unique<Asker>(*link_, 1);
  }
  ~Target() { std::filesystem::remove_all(folder_); }

  void call(const char* function, std::optional<std::int64_t> argument = {}) {
    TermBuilder arguments;
    argument ? arguments.list(1).integer(*argument).nil() : arguments.nil();
    const auto done =
        asker_->call("bench_target", function, arguments.bytes(), milliseconds(300'000));
    if (!done) give_up(done.error().message);
  }
  double cpu() const { return cpu_ms(beam_pid()); }
  std::string file() const { return folder_ / "bench.beamtape"; }
  const live::World& world() const { return world_; }
  std::string cookie_file() const { return world_.cookie_file(); }

 private:
  // `erl` becomes the emulator by exec: the child is the node itself.
  pid_t beam_pid() const { return node_->id(); }

  live::World world_;
  std::filesystem::path folder_;
  std::unique_ptr<live::Program> node_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Asker> asker_;
};

struct Recording {
  std::vector<nlohmann::json> snapshots;
  std::vector<double> target_ms;  // CPU of the target, per snapshot after the first
  rusage usage{};
};

Recording record(Target& target, int snapshots, int active) {
  int output[2];
  if (pipe(output) != 0) give_up("no pipe");
  const pid_t recorder = fork();
  if (recorder == 0) {
    dup2(output[1], STDOUT_FILENO);
    close(output[0]);
    execl(BEAMTAPE_RECORDER, BEAMTAPE_RECORDER, "bench", "-o", target.file().c_str(), "-i", "1s",
          "-n", std::to_string(snapshots).c_str(), "--budget", "100%", "--json", "--cookie-file",
          target.cookie_file().c_str(), nullptr);
    _exit(127);
  }
  close(output[1]);
  Recording recording;
  FILE* lines = fdopen(output[0], "r");
  char* line = nullptr;
  std::size_t size = 0;
  double before = 0;
  while (getline(&line, &size, lines) > 0) {
    recording.snapshots.push_back(nlohmann::json::parse(line));
    const double now = target.cpu();
    if (recording.snapshots.size() > 1) recording.target_ms.push_back(now - before);
    if (active > 0) target.call("work", active);
    before = target.cpu();
  }
  std::free(line);
  fclose(lines);
  int status = 0;
  wait4(recorder, &status, 0, &recording.usage);
  if (status != 0) give_up("the recorder failed");
  return recording;
}

void report(const Recording& recording, double pass_ms, int processes) {
  const auto& all = recording.snapshots;
  std::vector<double> took;
  for (std::size_t at = 1; at < all.size(); ++at) took.push_back(all[at]["took_us"].get<double>());
  const double bytes = all.back()["file_bytes"].get<double>() - all[0]["file_bytes"].get<double>();
  const auto later = static_cast<double>(all.size() - 1);
  const double cpu_s = static_cast<double>(recording.usage.ru_utime.tv_sec) +
                       static_cast<double>(recording.usage.ru_utime.tv_usec) / 1e6 +
                       static_cast<double>(recording.usage.ru_stime.tv_sec) +
                       static_cast<double>(recording.usage.ru_stime.tv_usec) / 1e6;
  fmt::print("first snapshot, question to stored          {:9.1f} ms\n",
             all[0]["took_us"].get<double>() / 1e3);
  fmt::print(
      "later snapshots, question to stored, median {:9.1f} ms, fastest {:.1f}, slowest {:.1f}\n",
      median(took) / 1e3, *std::min_element(took.begin(), took.end()) / 1e3,
      *std::max_element(took.begin(), took.end()) / 1e3);
  fmt::print("target CPU per snapshot, median             {:9.1f} ms\n",
             median(recording.target_ms));
  fmt::print("target CPU of one memory pass, median       {:9.1f} ms\n", pass_ms);
  fmt::print("ratio of the two                            {:9.2f}\n",
             median(recording.target_ms) / pass_ms);
  fmt::print("recorder: CPU per snapshot                  {:9.1f} ms\n", cpu_s * 1e3 / (later + 1));
  fmt::print("recorder: most resident memory              {:9.1f} MB\n",
             static_cast<double>(recording.usage.ru_maxrss) * 1024 / 1e6);
  fmt::print("file: bytes per process and later snapshot  {:9.3f}\n", bytes / later / processes);
  std::int64_t stale = 0;
  for (const auto& one : all) stale += one["stale_found"].get<std::int64_t>();
  fmt::print("stale rows found                            {:9}\n", stale);
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
  const int snapshots = argc > 2 ? std::atoi(argv[2]) : 40;
  const int active = argc > 3 ? std::atoi(argv[3]) : 0;
  if (processes < 1 || snapshots < 2 || active < 0 || active > 100) {
    give_up("usage: capture_bench [processes] [snapshots, 2 or more] [active per cent]");
  }
  Target target;
  target.call("start", processes);
  std::vector<double> passes;
  for (int pass = 0; pass < 5; ++pass) {
    const double before = target.cpu();
    target.call("memory_pass");
    passes.push_back(target.cpu() - before);
  }
  fmt::print("{} gen_servers, {} snapshots at 1 s, {} % active\n", processes, snapshots, active);
  report(record(target, snapshots, active), median(passes), processes);
  time_commands(target);
  return 0;
}
