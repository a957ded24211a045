// Targets with a process that cannot be read, or only at a price: everybody else is recorded in
// every snapshot, nothing of the recorder stays on the node, and the victim pays little.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <numeric>
#include <set>
#include <thread>

#include "schema/model/ref.h"
#include "schema/store/reader.h"
#include "tests/faults/fault_table.h"
#include "tests/live/live_test.h"

namespace beamtape::faults {
namespace {

using live::Ended;
using live::Json;
using live::Program;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Of the recording's time. What is measured is the time for which others' questions keep a victim
// from its work, as the node itself sees it, in stretches of a millisecond and more.
constexpr double kShareOfVictim = 0.05;

Cell pid(const std::string& text) { return pack(parse_ref(text).value()); }

std::set<Cell> pids_of(const Json& texts) {
  std::set<Cell> pids;
  for (const Json& text : texts) pids.insert(pid(text));
  return pids;
}

class Victims : public live::LiveTest {
 protected:
  void start(const std::vector<std::string>& arguments, int population) {
    node_ = world_->start({.arguments = arguments});
    node_->ask(fmt::format("live_population many {}", population));
    // What the first question loads is there, and who it takes to load it is gone.
    live::record(*world_, *node_, world_->file("first.beamtape"), {"--once"});
  }

  void attach(const std::string& interval) {
    here_ = pids_of(node_->ask("live_victims remember"));
    own_ = {pid(node_->ask("live_victims watch"))};
    recorder_ = std::make_unique<Program>(
        world_->recorder({node_->name(), "-o", file(), "-i", interval, "-n", "100000", "--json"}));
  }

  void read_lines(int count) {
    for (int i = 0; i < count; ++i) {
      const auto line = recorder_->read_line();
      ASSERT_TRUE(line);
      last_ = Json::parse(*line);
      ++told_;
    }
  }

  // Reads on until one says that everything has been answered.
  void read_until_complete() {
    for (int i = 0; i < 200; ++i) {
      ASSERT_NO_FATAL_FAILURE(read_lines(1));
      if (last_.at("not_answered").is_null()) return;
    }
    FAIL() << "still not complete: " << last_;
  }

  // Each snapshot has a census of everybody who lived all the time and of everybody else that it
  // lists, but for the test's own processes.
  void expect_everybody() {
    for (const Cell gone : pids_of(node_->ask("live_victims gone"))) here_.erase(gone);
    const auto reader = Reader::open(file());
    ASSERT_TRUE(reader) << reader.error().message;
    const Table* table = (*reader)->table("process");
    const std::size_t reductions = table->index_of("reductions");
    for (const SnapshotRecord& snapshot : (*reader)->snapshots()) {
      const auto rows = (*reader)->rows(*table, snapshot.id, nullptr);
      std::set<Cell> missed = here_;
      for (std::size_t slot = 0; slot < rows->slots(); ++slot) {
        if (!rows->occupied(slot)) continue;
        if (is_missing(rows->at(slot, reductions))) {
          missed.insert(rows->at(slot, 0));
        } else {
          missed.erase(rows->at(slot, 0));
        }
      }
      for (const Cell own : own_) missed.erase(own);
      EXPECT_EQ(missed.size(), 0u)
          << "of snapshot " << snapshot.id << ": " << snapshot.not_answered;
      most_missed_ = std::max(most_missed_, missed.size());
    }
    EXPECT_EQ((*reader)->snapshots().size(), static_cast<std::size_t>(told_));
  }

  // Who was not there before the recording and is there when the last deadline is over, but for
  // the test's own processes.
  std::size_t left_behind() {
    std::set<Cell> strangers;
    for (int tries = 0; tries < 300; ++tries) {
      strangers = pids_of(node_->ask("live_victims strangers"));
      for (const Cell pid : own_) strangers.erase(pid);
      if (strangers.empty()) break;
      std::this_thread::sleep_for(milliseconds(50));
    }
    return strangers.size();
  }

  void end_recording() {
    recorder_->signal(SIGINT);
    const Ended ended = recorder_->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.error;
    EXPECT_EQ(ended.error, "");
    told_ += static_cast<int>(live::lines_of(ended.out).size());
    live::expect_sound(file());
    expect_everybody();
    left_ = left_behind();
    EXPECT_EQ(left_, 0u);
  }

  void report(const std::string& fault, const std::string& cost) {
    tell({.fault = fault,
          .times = 1,
          .opened = 1,
          .sound = 1,
          .lost = 0,
          .hung = 0,
          .also = fmt::format("of {} others {} missed in any of {} snapshots, {} workers left{}",
                              here_.size(), most_missed_, told_, left_, cost)});
  }

  std::unique_ptr<live::Node> node_;
  std::unique_ptr<Program> recorder_;
  std::set<Cell> here_;  // who lived from before the recording on
  std::set<Cell> own_;   // the test's: one that cannot be read, one that watches
  Json last_;
  int told_ = 0;
  std::size_t most_missed_ = 0;
  std::size_t left_ = 0;  // workers
};

class Blocked : public Victims {
 protected:
  void hold(const std::string& function, int scheduler, const std::string& what) {
    start({"+S", "2:2"}, scaled(20'000, 1000));
    node_->ask("live_victims load " BEAMTAPE_VICTIMS_NIF);
    attach("1s");
    read_lines(2);
    node_->ask("live_victims gather");
    // Longer than a question is waited for.
    const seconds time(scaled(60, 12));
    const auto begin = std::chrono::steady_clock::now();
    own_.insert(pid(node_->ask(fmt::format("live_victims block {} {} {}", function, scheduler,
                                           milliseconds(time).count()))));
    int incomplete = 0;
    while (std::chrono::steady_clock::now() - begin < time + seconds(1)) {
      ASSERT_NO_FATAL_FAILURE(read_lines(1));
      incomplete += last_.at("not_answered").is_null() ? 0 : 1;
    }
    read_until_complete();
    end_recording();
    report(fmt::format("{} blocked for {} s in a NIF", what, time.count()),
           fmt::format("; {} snapshots say what else did not answer", incomplete));
  }
};

TEST_F(Blocked, TheSchedulerWithTheWork) {
  hold("hold_scheduler", 1, "the scheduler with the work");
}

TEST_F(Blocked, TheSchedulerAtRest) { hold("hold_scheduler", 2, "a scheduler at rest"); }

TEST_F(Blocked, ADirtyScheduler) { hold("hold_dirty", 1, "a dirty scheduler of the target"); }

TEST_F(Victims, WhoHasVeryMuchPaysLittle) {
  start({"+P", "1000000"}, 1000);
  struct One {
    std::string what, text;
    std::int64_t reductions = 0;
  };
  std::vector<One> victims;
  for (const auto& [what, count] : {std::pair("links", scaled(200'000)),
                                    {"binaries", scaled(500'000)},
                                    {"messages", scaled(1'000'000)}}) {
    const std::string pid = node_->ask(fmt::format("live_victims {} {}", what, count));
    victims.push_back({fmt::format("a process with {} {}", count, what), pid});
  }
  attach("500ms");
  read_lines(1);
  const auto began = std::chrono::steady_clock::now();
  for (One& one : victims) {
    one.reductions = node_->ask("live_victims reductions " + one.text).get<std::int64_t>();
  }
  // All turns of whatever is asked seldom.
  read_lines(20);
  const double took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  end_recording();
  for (const One& one : victims) {
    const auto worked =
        node_->ask("live_victims reductions " + one.text).get<std::int64_t>() - one.reductions;
    EXPECT_LE(worked, 4 * told_) << one.what << ": reductions";
    const auto held = node_->ask("live_victims held " + one.text).get<std::vector<int>>();
    const int sum = std::accumulate(held.begin(), held.end(), 0);
    const int longest = held.empty() ? 0 : *std::max_element(held.begin(), held.end());
    EXPECT_LE(sum, kShareOfVictim * took) << one.what;
    report(
        one.what,
        fmt::format("; held {} times for 1 ms and more, {} ms at most, {} ms in all of {:.0f} s; "
                    "{} reductions",
                    held.size(), longest, sum, took / 1000, worked));
  }
}

TEST_F(Victims, ANodeAtItsProcessLimitIsRecordedOn) {
  start({"+P", std::to_string(scaled(262'144, 8192)), "-kernel", "logger",
         "[{handler,default,undefined}]"},
        1000);
  attach("200ms");
  read_lines(3);
  const int filled = node_->ask("live_victims fill");
  read_lines(2);  // one may have begun before
  for (int i = 0; i < scaled(40, 5); ++i) {
    ASSERT_NO_FATAL_FAILURE(read_lines(1));
    EXPECT_GT(last_.at("processes"), filled);
  }
  // It logs each one that it refuses: it is not asked for any again and again.
  EXPECT_LE(node_->ask("live_victims refused").get<int>(), 3);
  node_->ask("live_victims empty");
  read_until_complete();
  end_recording();
  report(fmt::format("a target at its limit of processes, {} more", filled), "");
}

// One that lasts for less than a snapshot leaves nothing behind, whichever question it meets.
TEST_F(Victims, ALimitThatIsReachedForAnInstantIsForgotten) {
  start({"+P", "8192", "-kernel", "logger", "[{handler,default,undefined}]"}, 1000);
  attach("100ms");
  read_lines(2);
  for (int met = 0, phase = 0; met < scaled(20, 5); phase = (phase + 7) % 100) {
    node_->ask(fmt::format("live_victims full_for_an_instant {}", phase));
    bool was_met = false;
    for (int line = 0; line < 2; ++line) {  // one may have begun before
      ASSERT_NO_FATAL_FAILURE(read_lines(1));
      was_met = was_met || !last_.at("not_answered").is_null();
    }
    if (was_met) ++met;
    ASSERT_NO_FATAL_FAILURE(read_until_complete());
  }
  end_recording();
}

// A watchdog that ends what works for us: who was not answered about has not gone.
TEST_F(Victims, WhoeverEndsOurWorkersEndsNobodysRow) {
  constexpr int kPopulation = 5000;
  start({"+S", "2:2"}, kPopulation);
  attach("100ms");
  read_lines(2);
  node_->ask("live_victims hunt");
  int incomplete = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_NO_FATAL_FAILURE(read_lines(1));
    EXPECT_GE(last_.at("processes"), kPopulation);
    incomplete += last_.at("not_answered").is_null() ? 0 : 1;
  }
  EXPECT_GT(incomplete, 0) << "none was ended";
  node_->ask("live_victims rest");
  read_until_complete();
  recorder_->signal(SIGINT);
  EXPECT_EQ(recorder_->wait().exit_code, 0);
  const auto reader = Reader::open(file());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->snapshots().back().not_answered, "");
  const auto first_seen = process_table().index_of("first_seen");
  const auto rows = (*reader)->rows(process_table(), (*reader)->snapshots().back().id, nullptr);
  int old = 0;
  for (std::size_t slot = 0; slot < rows->slots(); ++slot) {
    old += rows->occupied(slot) && rows->at(slot, first_seen) == 1 ? 1 : 0;
  }
  EXPECT_GE(old, kPopulation) << "one has come back as another";
}

}  // namespace
}  // namespace beamtape::faults
