// record() with nodes that are scripts, into a real file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "recorder/session/recorder.h"
#include "schema/store/reader.h"
#include "schema/store/sqlite.h"
#include "tests/recorder/fake_node.h"

namespace beamtape {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Linked = Expected<std::unique_ptr<Link>>;

class Recording : public ::testing::Test {
 protected:
  ~Recording() override { remove_file(); }
  void remove_file() const {
    for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + part);
  }

  // Goes on in the file if it has been made.
  Expected<Outcome> record_nodes(const std::vector<std::string>& nodes, const Connect& connect) {
    const bool is_there = std::filesystem::exists(path_);
    auto writer = (is_there ? Writer::append : Writer::create)(path_, {.nodes = nodes});
    EXPECT_TRUE(writer) << writer.error().message;
    std::vector<Subject> subjects;
    for (const std::string& node : nodes) subjects.push_back(begin_to_connect(node, connect));
    const Watch watch{.stop = [this] { return stop_.load(); },
                      .snapshot_now = [this] { return snapshot_now_; },
                      .stored = [&](const Status& one) { stored_.push_back(one.snapshot); },
                      .news = [](const std::string&) {}};
    auto outcome = record(std::move(subjects), connect, **writer, plan_, watch);
    EXPECT_TRUE((*writer)->close());
    return outcome;
  }

  // Its connection breaks in the middle of these snapshots, the first being 1; in the last of them
  // the node is another one.
  void break_at(int first, int last) {
    node_.on_ask = [=, this](FakeLink& link, const FakeNode::Asked& asked) {
      if (asked.expressions.find("registered()") == std::string::npos) return;
      ++begun_;
      if (begun_ < first || begun_ > last) return;
      if (begun_ == last) ++node_.creation;
      link.close();
    };
  }
  std::vector<GapRecord> gaps() const {
    const auto reader = Reader::open(path_);
    EXPECT_TRUE(reader);
    return reader ? (*reader)->gaps() : std::vector<GapRecord>();
  }

  // A node whose names cost it so much.
  void record_dearly(std::int64_t cost_us) {
    node_.on_ask = [cost_us](FakeLink& link, const FakeNode::Asked& asked) {
      if (asked.expressions.find("registered()") == std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::microseconds(cost_us));
      FakeNode::answer_chunk(link, asked, 0, cost_us * 1000, TermBuilder().nil().take());
    };
    const auto outcome =
        record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); });
    ASSERT_TRUE(outcome) << outcome.error().message;
  }

  FakeNode node_;
  int begun_ = 0;  // snapshots
  Plan plan_{.interval = milliseconds(100), .duration = {}, .count = 3};
  bool snapshot_now_ = false;  // all the time
  std::atomic<bool> stop_ = false;
  std::vector<SnapshotRecord> stored_;
  const std::string path_ =
      ::testing::TempDir() + "session_record_" + std::to_string(getpid()) + ".beamtape";
};

tl::unexpected<Error> nonsense() { return fail(Error::Code::kMalformed, "it is not epmd"); }

TEST_F(Recording, GoesOnToItsCountBesideANodeThatAnswersNonsense) {
  std::atomic<int> tries = 0;
  const auto outcome = record_nodes({"bad@host", "shop@host"}, [&](const std::string& node) {
    if (node == "bad@host") {
      ++tries;
      return Linked(nonsense());
    }
    std::this_thread::sleep_for(milliseconds(500));  // it has not been reached when the other fails
    return Linked(node_.link());
  });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->stored, 3);
  ASSERT_TRUE(outcome->ended_early);
  EXPECT_THAT(outcome->ended_early->message, HasSubstr("not epmd"));
  EXPECT_GE(tries, 2);
}

TEST_F(Recording, OfANodeThatAnswersNonsenseAtFirstBeginsWhenItIsThere) {
  std::atomic<int> tries = 0;
  plan_.count = 10;
  const auto outcome = record_nodes({"shop@host", "late@host"}, [&](const std::string& node) {
    return node == "late@host" && ++tries == 1 ? Linked(nonsense()) : Linked(node_.link());
  });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_FALSE(outcome->ended_early);
  EXPECT_EQ(outcome->nodes, 2u);
}

TEST_F(Recording, OfASingleNodeThatAnswersNonsenseFails) {
  const auto outcome =
      record_nodes({"shop@host"}, [](const std::string&) { return Linked(nonsense()); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Error::Code::kMalformed);
}

// 45 years before and after, and what cannot even be subtracted.
TEST_F(Recording, IsNotPutOffByAnAnswerWithAnAbsurdTime) {
  constexpr std::int64_t kYears = 45 * 365 * 86'400 * std::int64_t{1'000'000'000};
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  for (const auto& [began, ended] :
       {std::pair(-kYears, std::int64_t{0}), {0, -kYears}, {kLeast, kYears}, {kYears, kLeast}}) {
    SCOPED_TRACE(ended);
    stored_.clear();
    node_.on_ask = [&, began = began, ended = ended](FakeLink& link, const FakeNode::Asked& asked) {
      if (asked.expressions.find("registered()") == std::string::npos) return;
      FakeNode::answer_chunk(link, asked, began, ended, TermBuilder().nil().take());
    };
    const auto outcome =
        record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); });
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(stored_.size(), 3u);
    for (const SnapshotRecord& one : stored_) {
      EXPECT_GE(one.target_us, 0);
      EXPECT_LT(one.target_us, 1'000'000);
      EXPECT_THAT(one.not_answered, HasSubstr("registered"));
    }
    remove_file();
  }
}

// An answer that could not be read on its way is missing in the number that the node tells.
TEST_F(Recording, SaysThatAChunkWasLost) {
  node_.on_ask = [&](FakeLink& link, const FakeNode::Asked& asked) {
    if (asked.expressions.find("registered()") == std::string::npos) return;
    for (const int number : {0, 1, 1, 3}) {
      FakeNode::answer_chunk(link, asked, 1, 2, TermBuilder().nil().take(), number);
    }
  };
  const std::pair<std::int64_t, bool> lost[] = {{-1, false}, {0, true}, {1, true}};
  for (const auto& [chunks, is_missed] : lost) {
    stored_.clear();
    node_.lost_chunks = chunks;
    ASSERT_TRUE(
        record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); }));
    ASSERT_EQ(stored_.size(), 3u);
    for (const SnapshotRecord& one : stored_) {
      EXPECT_EQ(one.not_answered.find("registered_names: ") != std::string::npos, is_missed)
          << one.not_answered;
    }
    remove_file();
  }
}

// What comes after the dear question waits.
TEST_F(Recording, TakesHalfASchedulerAtMostForASingleSnapshot) {
  constexpr std::int64_t kCostUs = 200'000;
  plan_ = {.interval = milliseconds(60'000), .count = 1};
  record_dearly(kCostUs);
  ASSERT_EQ(stored_.size(), 1u);
  EXPECT_EQ(stored_[0].target_us, kCostUs);
  EXPECT_GE(stored_[0].ended_wall_us - stored_[0].began_wall_us, 2 * kCostUs);
}

TEST_F(Recording, TakesHalfASchedulerAtMostHoweverOftenItIsAskedForASnapshot) {
  constexpr std::int64_t kCostUs = 100'000;
  plan_ = {.interval = milliseconds(60'000), .count = 4};
  snapshot_now_ = true;
  record_dearly(kCostUs);
  ASSERT_EQ(stored_.size(), 4u);
  for (std::size_t at = 1; at < stored_.size(); ++at) {
    EXPECT_EQ(stored_[at].target_us, kCostUs);
    const std::int64_t passed = stored_[at].began_mono_us - stored_[at - 1].began_mono_us;
    EXPECT_GE(passed, 2 * kCostUs - 20'000);  // the record begins a little later
    EXPECT_LT(passed, 30'000'000);
  }
}

TEST_F(Recording, HasOneGapHoweverOftenTheConnectionBreaksBeforeTheNextSnapshot) {
  break_at(2, 4);
  const auto outcome =
      record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_GE(begun_, 6);
  ASSERT_EQ(stored_.size(), 3u);
  ASSERT_EQ(gaps().size(), 1u);
  const GapRecord gap = gaps().front();
  EXPECT_EQ(gap.from_wall_us, stored_[0].ended_wall_us);
  EXPECT_GT(gap.to_wall_us, gap.from_wall_us + 1'000'000);  // the pauses between
  EXPECT_LE(gap.to_wall_us, stored_[1].began_wall_us);
  EXPECT_EQ(gap.node, stored_[0].node);
  EXPECT_NE(gap.node, stored_[1].node);
  EXPECT_EQ(gap.reason, "scripted end; the node was restarted");
}

TEST_F(Recording, HasTheGapAlsoWhereNoSnapshotFollowsIt) {
  break_at(2, 1'000'000);
  plan_ = {.interval = milliseconds(100), .duration = milliseconds(1500)};
  const auto outcome =
      record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->ended_early);
  EXPECT_GE(begun_, 3);
  ASSERT_EQ(gaps().size(), 1u);
  EXPECT_EQ(gaps().front().from_wall_us, stored_.at(0).ended_wall_us);
  EXPECT_EQ(gaps().front().reason, "scripted end");
}

// A disk that hangs: a node drops a peer that does not answer its ticks.
TEST_F(Recording, ServesTheConnectionWhileNothingCanBeStored) {
  plan_.count = 6;
  std::optional<Database> other;
  int served_at_once = 0;
  node_.on_ask = [&](FakeLink& link, const FakeNode::Asked& asked) {
    if (asked.expressions.find("registered()") == std::string::npos) return;
    if (++begun_ == 2) {
      other.emplace(Database::open(path_, Database::Mode::kWrite).value());
      ASSERT_TRUE(other->exec("BEGIN IMMEDIATE"));
    }
    link.on_wait = [&, begun = begun_] {
      // So many snapshots wait, and none can be put behind them.
      if (begun < 5 || ++served_at_once < 5) return;
      other.reset();
    };
  };
  const auto outcome =
      record_nodes({"shop@host"}, [&](const std::string&) { return Linked(node_.link()); });
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_FALSE(outcome->ended_early);
  EXPECT_EQ(outcome->stored, 6);
  EXPECT_FALSE(other) << "it did not look at the connection";
}

TEST_F(Recording, ThatIsGoneOnWithHasOneGapAlsoWhereTheConnectionBreaksAtOnce) {
  const auto connect = [&](const std::string&) { return Linked(node_.link()); };
  ASSERT_TRUE(record_nodes({"shop@host"}, connect));
  break_at(1, 2);
  ASSERT_TRUE(record_nodes({"shop@host"}, connect));
  ASSERT_EQ(stored_.size(), 6u);
  ASSERT_EQ(gaps().size(), 1u);
  EXPECT_EQ(gaps().front().from_wall_us, stored_[2].ended_wall_us);
  EXPECT_LE(gaps().front().to_wall_us, stored_[3].began_wall_us);
  EXPECT_EQ(gaps().front().reason,
            "the recorder was not running; scripted end; the node was restarted");
}

// The recorder was running, but could not connect; and the second time never could.
TEST_F(Recording, ThatIsGoneOnWithSaysWhyANodeIsMissingInIt) {
  FakeNode other;
  std::atomic<int> tries = 1;
  plan_ = {.interval = milliseconds(100), .duration = milliseconds(1500)};
  const auto connect = [&](const std::string& node) {
    if (node == "other@host") return Linked(other.link());
    return --tries < 0 ? Linked(node_.link()) : Linked(nonsense());
  };
  const std::vector<std::string> nodes{"shop@host", "other@host"};
  ASSERT_TRUE(record_nodes(nodes, connect));
  const auto of_shop = [&] {
    std::vector<GapRecord> all = gaps();
    const auto life = (*Reader::open(path_))->nodes();
    std::erase_if(all, [&](const GapRecord& gap) {
      return std::none_of(life.begin(), life.end(), [&](const NodeRecord& one) {
        return one.id == gap.node && one.name == "shop@host";
      });
    });
    return all;
  };
  ASSERT_EQ(of_shop().size(), 1u);
  tries = 1;
  ASSERT_TRUE(record_nodes(nodes, connect));
  ASSERT_EQ(of_shop().size(), 2u);
  EXPECT_EQ(of_shop()[1].reason, "the recorder was not running; it is not epmd");
  const auto last = stored_.back();
  tries = 1'000'000;
  ASSERT_TRUE(record_nodes(nodes, connect));
  ASSERT_EQ(of_shop().size(), 3u);
  EXPECT_EQ(of_shop()[2].reason, "the recorder was not running; it is not epmd");
  EXPECT_GE(of_shop()[2].to_wall_us, last.ended_wall_us);
}

TEST_F(Recording, ThatIsGoneOnWithHasNoTimeMissingTwice) {
  const auto connect = [&](const std::string&) { return Linked(node_.link()); };
  break_at(2, 1'000'000);
  plan_ = {.interval = milliseconds(100), .duration = milliseconds(500)};
  ASSERT_TRUE(record_nodes({"shop@host"}, connect));
  node_.on_ask = {};
  ++node_.creation;
  ASSERT_TRUE(record_nodes({"shop@host"}, connect));
  ASSERT_EQ(gaps().size(), 2u);
  EXPECT_EQ(gaps()[0].reason, "scripted end");
  EXPECT_EQ(gaps()[1].from_wall_us, gaps()[0].to_wall_us);
  EXPECT_EQ(gaps()[1].reason, "the recorder was not running; the node was restarted");
}

TEST_F(Recording, TellsEachConnectionTheNodesTicktime) {
  for (const auto& [told, expected] :
       {std::pair(std::int64_t{300}, 300), {0, 0}, {-5, 0}, {std::int64_t{1} << 60, 86'400}}) {
    node_.ticktime = told;
    FakeLink* link = nullptr;
    std::chrono::milliseconds ticktime{-1};
    node_.on_ask = [&](FakeLink&, const FakeNode::Asked&) { ticktime = link->ticktime(); };
    const auto outcome = record_nodes({"shop@host"}, [&](const std::string&) {
      auto made = node_.link();
      link = made.get();
      return Linked(std::move(made));
    });
    EXPECT_TRUE(outcome);
    EXPECT_EQ(ticktime, std::chrono::seconds(expected)) << told;
    remove_file();
  }
}

TEST_F(Recording, EndsWhenItIsToldToBeforeTheNodeHasAnsweredAnything) {
  const auto began = std::chrono::steady_clock::now();
  const auto outcome = record_nodes({"shop@host"}, [&](const std::string&) {
    stop_ = true;
    return Linked(std::make_unique<FakeLink>());
  });
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("told to stop before it answered"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));  // of 10
}

// It is seen again at once, as another is connected to it, but cannot be connected to for a while.
TEST_F(Recording, OfANodeThatWasGivenUpGoesOnWhereItEnded) {
  FakeNode late;
  const std::string name = "late@host";
  node_.on_ask = [&](FakeLink& link, const FakeNode::Asked& asked) {
    if (asked.expressions.find("dist_ctrl") == std::string::npos) return;
    TermBuilder channels;
    channels.tuple(2).list(1).tuple(2).atom(name).pid("shop@host", 9, 0, 7).nil().nil();
    FakeNode::answer_chunk(link, asked, 1, 2, channels.take());
  };
  std::atomic<int> snapshots_of_late = 0, tries = 0;
  late.on_ask = [&](FakeLink& link, const FakeNode::Asked& asked) {
    if (asked.expressions.find("registered()") == std::string::npos) return;
    if (++snapshots_of_late == 3) link.close();
    if (snapshots_of_late == 6) stop_ = true;
  };
  plan_ = {.interval = milliseconds(20), .all_nodes = true, .given_up_after = milliseconds(100)};
  const auto outcome = record_nodes({"shop@host"}, [&](const std::string& node) {
    if (node != name) return Linked(node_.link());
    // Given up twice, the second time without having been there.
    if (snapshots_of_late >= 3 && ++tries < 4) return Linked(fail(Error::Code::kNotFound, "gone"));
    return Linked(late.link());
  });
  ASSERT_TRUE(outcome) << outcome.error().message;
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  ASSERT_EQ((*reader)->nodes().size(), 2u);  // not a second life of the same creation
  EXPECT_EQ((*reader)->nodes().back().name, name);
  std::vector<SnapshotRecord> of_late;
  for (const auto& one : (*reader)->snapshots()) {
    if (one.node == 2) of_late.push_back(one);
  }
  ASSERT_GE(of_late.size(), 4u);
  std::int64_t told_to = of_late[1].ended_wall_us;
  for (const GapRecord& gap : gaps()) {
    EXPECT_EQ(gap.node, 2);
    if (gap.from_wall_us > of_late[2].began_wall_us) continue;  // when it was stopped
    EXPECT_EQ(gap.from_wall_us, told_to) << gap.reason;
    told_to = gap.to_wall_us;
  }
  EXPECT_GT(told_to, of_late[1].ended_wall_us);
  EXPECT_LE(told_to, of_late[2].began_wall_us);
}

}  // namespace
}  // namespace beamtape
