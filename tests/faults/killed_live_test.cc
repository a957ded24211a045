// A recorder that is killed at any moment leaves a file that opens, with all but the snapshot in
// flight; and the ways in which a file is carried off.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "schema/store/reader.h"
#include "tests/faults/fault_table.h"
#include "tests/live/live_test.h"

namespace beamtape::faults {
namespace {

namespace fs = std::filesystem;
using live::Ended;
using live::Json;
using live::Program;
using std::chrono::microseconds;
using testing::HasSubstr;

std::int64_t wall_now_us() {
  return std::chrono::duration_cast<microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Snapshots that should have been in the file at `killed_us` and are not. The one after the last
// was due when that had said; those after it an interval later each.
int lost_at(const Reader& reader, std::int64_t killed_us, std::int64_t interval_us) {
  if (reader.snapshots().empty()) return 0;
  const SnapshotRecord& last = reader.snapshots().back();
  const std::int64_t late = killed_us - last.began_wall_us - last.interval_us;
  return late <= 0 ? 0 : 1 + static_cast<int>(late / interval_us);
}

class Killed : public live::LiveTest {
 protected:
  static constexpr std::int64_t kIntervalUs = 200'000;

  void SetUp() override {
    LiveTest::SetUp();
    if (!world_) return;
    node_ = world_->start();
    node_->ask("live_population many 1000");
  }

  std::unique_ptr<Program> attach(const fs::path& path) const {
    return std::make_unique<Program>(world_->recorder(
        {node_->name(), "-o", path, "-i", fmt::format("{}ms", kIntervalUs / 1000), "--json"}));
  }

  // What `check` says; `as_nobody` without the right to write.
  static Json check(const fs::path& path, bool as_nobody = false) {
    const Ended ended = live::run(
        {.command = {BEAMTAPE_ANALYZER, "check", path, "--json"}, .as_nobody = as_nobody});
    EXPECT_EQ(ended.exit_code, 0) << path << ": " << ended.error;
    const Json answer = Json::parse(ended.out, nullptr, false);
    return answer.is_object() ? answer : Json::object();
  }

  // Kills a recorder of `path` after a while and counts what it left. False if it had not made its
  // file by then.
  bool kill_after(microseconds while_alive, const fs::path& path, FaultRow& row) {
    const auto recorder = attach(path);
    std::this_thread::sleep_for(while_alive);
    const std::int64_t killed_us = wall_now_us();
    recorder->signal(SIGKILL);
    const Ended ended = recorder->wait();
    if (!fs::exists(path)) return false;
    ++row.times;
    const auto reader = Reader::open(path);
    EXPECT_TRUE(reader) << reader.error().message << " after " << while_alive.count() << " us";
    if (!reader) return true;
    *row.opened += 1;
    *row.sound += check(path).value("ok", false) ? 1 : 0;
    const auto& snapshots = (*reader)->snapshots();
    EXPECT_GE(snapshots.size(), live::lines_of(ended.out).size()) << "told, and not there";
    for (std::size_t at = 0; at < snapshots.size(); ++at) EXPECT_EQ(snapshots[at].id, at + 1);
    row.lost = std::max(*row.lost, lost_at(**reader, killed_us, kIntervalUs));
    return true;
  }

  std::unique_ptr<live::Node> node_;
};

// Half of the moments while it starts: connects, makes the file, takes the first snapshot.
TEST_F(Killed, ARecorderLosesTheSnapshotInFlightAtMost) {
  const int times = scaled(200, 10);
  std::mt19937 random(4711);
  FaultRow row{.fault = "recorder killed (SIGKILL) at a random moment",
               .opened = 0,
               .sound = 0,
               .lost = 0,
               .hung = 0};
  int before_the_file = 0;
  for (int kill = 0; row.times < times; ++kill) {
    const auto path = world_->file(fmt::format("killed-{}.beamtape", kill));
    const microseconds moment(random() % (kill % 2 == 0 ? 400'000 : 2'500'000));
    if (!kill_after(moment, path, row)) ++before_the_file;
  }
  row.also = fmt::format("and {} kills before there was a file", before_the_file);
  tell(row);
  EXPECT_EQ(row.opened, row.times);
  EXPECT_EQ(row.sound, row.times);
}

// A file of a recorder that was killed, with its -wal beside it.
class CarriedOff : public Killed {
 protected:
  fs::path record_and_end(int snapshots, int signal) {
    const auto path = world_->file(fmt::format("carried-{}.beamtape", ++files_));
    const auto recorder = attach(path);
    for (int i = 0; i < snapshots; ++i) EXPECT_TRUE(recorder->read_line());
    recorder->signal(signal);
    recorder->wait();
    return path;
  }

  static fs::path put(const fs::path& from, const fs::path& folder, bool with_wal) {
    fs::create_directories(folder);
    const fs::path to = folder / from.filename();
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    if (with_wal) fs::copy_file(from.string() + "-wal", to.string() + "-wal");
    return to;
  }

  // Everybody may read what is there, and nobody write.
  static void lock(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      fs::permissions(entry.path(), fs::perms(0444));
    }
    fs::permissions(folder, fs::perms(0555));
  }

  // The file opens, says `words` about itself (nothing if empty) and is whole.
  static void expect(const fs::path& path, const std::string& words, int snapshots, FaultRow& row,
                     bool as_nobody = false) {
    ++row.times;
    const Json answer = check(path, as_nobody);
    if (!answer.contains("ok")) return;
    *row.opened += 1;
    *row.sound += answer.at("ok") == true ? 1 : 0;
    EXPECT_GE(answer.at("snapshots"), snapshots) << path;
    std::string said;
    for (const Json& remark : answer.at("remarks")) said += remark.get<std::string>() + "\n";
    EXPECT_EQ(said.empty(), words.empty()) << said;
    EXPECT_THAT(said, HasSubstr(words));
  }

  void finish(FaultRow row) {
    EXPECT_EQ(row.opened, row.times);
    EXPECT_EQ(row.sound, row.times);
    tell(row);
  }

  const int times_ = scaled(20, 2);
  int files_ = 0;
};

TEST_F(CarriedOff, AClosedFileHasNothingToSay) {
  FaultRow row{.fault = "carried off: closed", .opened = 0, .sound = 0};
  FaultRow locked{.fault = "carried off: closed, into a read-only folder", .opened = 0, .sound = 0};
  for (int i = 0; i < times_; ++i) {
    const auto path = record_and_end(3, SIGINT);
    expect(path, "", 3, row);
    const auto copy = put(path, world_->file(fmt::format("closed-{}", i)), false);
    lock(copy.parent_path());
    expect(copy, "", 3, locked, geteuid() == 0);
  }
  finish(row);
  finish(locked);
}

TEST_F(CarriedOff, AfterAKillItSaysWhatIsBesideItAndWhatIsNot) {
  FaultRow with{.fault = "carried off: after SIGKILL, with its -wal", .opened = 0, .sound = 0};
  FaultRow without{.fault = "carried off: after SIGKILL, without it", .opened = 0, .sound = 0};
  FaultRow locked{
      .fault = "carried off: after SIGKILL, into a read-only folder", .opened = 0, .sound = 0};
  for (int i = 0; i < times_; ++i) {
    const auto path = record_and_end(3, SIGKILL);
    const auto folder = [&](const char* name) {
      return world_->file(fmt::format("{}-{}", name, i));
    };
    const auto read_only = put(path, folder("locked"), true);
    lock(read_only.parent_path());
    expect(read_only, "not closed", 3, locked, geteuid() == 0);
    expect(put(path, folder("without"), false), "is not beside it: a copy", 3, without);
    expect(put(path, folder("with"), true), "the recorder was killed or is still running", 3, with);
  }
  finish(with);
  finish(without);
  finish(locked);
}

TEST_F(CarriedOff, ACopyOfAFileThatIsBeingRecordedOpens) {
  const auto path = world_->file("live.beamtape");
  const auto recorder = std::make_unique<Program>(
      world_->recorder({node_->name(), "-o", path, "-i", "100ms", "--json"}));
  FaultRow row{.fault = "copied while being recorded", .opened = 0, .sound = 0};
  for (int copy = 0; copy < scaled(200, 10); ++copy) {
    ASSERT_TRUE(recorder->read_line());
    expect(put(path, world_->file("copies"), false), "is not beside it: a copy", copy, row);
  }
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait().exit_code, 0);
  live::expect_sound(path);
  finish(row);
}

// Each has all its snapshots, and what one adds to the work of processes misleads the other in
// nothing that can be read.
TEST_F(Killed, TwoRecordersOfOneNodeBothHaveEverything) {
  const int snapshots = scaled(200, 10);
  FaultRow row{.fault = "two recorders on one node", .opened = 0, .sound = 0, .hung = 0};
  std::vector<fs::path> paths;
  std::vector<std::unique_ptr<Program>> recorders;
  for (const char* name : {"one.beamtape", "two.beamtape"}) {
    paths.push_back(world_->file(name));
    recorders.push_back(std::make_unique<Program>(
        world_->recorder({node_->name(), "-o", paths.back(), "-i", "200ms", "-n",
                          std::to_string(snapshots), "--json"})));
  }
  for (std::size_t at = 0; at < paths.size(); ++at) {
    // Line by line: on a loaded machine the budget stretches the interval, and all take long.
    int lines = 0;
    for (; const auto line = recorders[at]->read_line(); ++lines) {
      const Json told = Json::parse(*line);
      EXPECT_TRUE(told.at("not_answered").is_null()) << *line;
      EXPECT_EQ(told.at("stale_found"), 0) << *line;
    }
    EXPECT_EQ(lines, snapshots);
    const Ended ended = recorders[at]->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    EXPECT_EQ(ended.error, "");
    ++row.times;
    const Json answer = check(paths[at]);
    EXPECT_EQ(answer.at("snapshots"), snapshots);
    *row.opened += 1;
    *row.sound += answer.at("ok") == true ? 1 : 0;
  }
  EXPECT_EQ(row.sound, 2);
  row.also = fmt::format("{} snapshots each, nothing unanswered, no row stale", snapshots);
  tell(row);
}

}  // namespace
}  // namespace beamtape::faults
