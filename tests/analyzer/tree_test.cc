#include "analyzer/tree/tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "analyzer/tree/tree_lines.h"
#include "tests/analyzer/run.h"

namespace beamtape {
namespace {

constexpr std::int64_t kMinute = 60'000'000;

// An application `shop` with its master, the starter below that, and a supervisor; what each test
// adds comes in a snapshot every ten seconds.
class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    story_.node("shop@here");
    begin(0);
  }
  void begin(double second) {
    story_.snapshot(second);
    process("<0.90.0>", "<0.89.0>").text("dictionary_initial_call", "application_master:init/4");
    process("<0.91.0>", "<0.90.0>").text("initial_call", "application_master:start_it/4");
    process("<0.92.0>", "<0.91.0>")
        .text("registered_name", "shop_sup")
        .text("dictionary_initial_call", "supervisor:shop_sup/1");
  }
  Story::Row process(const std::string& pid, const std::string& parent = {}) {
    auto row = story_.process(pid);
    row.number("memory", 1000)
        .number("message_queue_len", 0)
        .number("reductions", 100)
        .ref("group_leader", "<0.90.0>")
        .text("initial_call", "proc_lib:init_p/5");
    if (!parent.empty()) row.ref("parent", parent);
    return row;
  }
  Story::Row child(const std::string& pid) {
    return process(pid, "<0.92.0>").text("dictionary_initial_call", "cart:init/1");
  }

  // name or pid -> line, of the last snapshot.
  std::map<std::string, TreeLine> lines(TreeOptions options = {}, std::int64_t window = kMinute) {
    recording_ = std::make_unique<Recording>(std::make_unique<FakeReader>(story_), "story");
    auto tree = read_tree(*recording_, recording_->reader().snapshots().back(), window);
    EXPECT_TRUE(tree) << tree.error().message;
    tree_ = std::make_unique<Tree>(std::move(*tree));
    const auto drawn = tree_lines(*tree_, options);
    EXPECT_TRUE(drawn) << drawn.error().message;
    std::map<std::string, TreeLine> by_name;
    std::int64_t processes = 0;
    for (const TreeLine& line : *drawn) {
      by_name[line.name] = line;
      if (!line.pid.empty()) by_name[line.pid] = line;
      if (line.depth == 0) processes += line.below.processes;
    }
    if (options.below.empty()) {
      EXPECT_EQ(processes, static_cast<std::int64_t>(tree_->processes->slots().size()));
    }
    return by_name;
  }
  FoundBy found_by(const std::string& pid) {
    const auto all = lines({.expand = true});
    return tree_->nodes[all.at(pid).node].found_by;
  }
  std::string parent_of(const std::string& pid) {
    const auto all = lines({.expand = true});
    const std::size_t parent = tree_->nodes[all.at(pid).node].parent;
    for (const auto& [name, line] : all) {
      if (line.node == parent && !line.pid.empty()) return line.pid;
    }
    return parent == tree_->applications.size() ? "outside" : "nowhere";
  }

  Story story_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<Tree> tree_;
};

TEST_F(TreeTest, AChildStandsBelowWhoSpawnedIt) {
  child("<0.100.0>");
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.92.0>");
  EXPECT_EQ(parent_of("<0.92.0>"), "<0.91.0>");
  EXPECT_EQ(lines().at("<0.100.0>").depth, 3u);
  EXPECT_EQ(lines().at("shop").pid, "<0.90.0>");
}

TEST_F(TreeTest, WithoutAParentTheNearestLivingAncestorCounts) {
  process("<0.100.0>").refs("ancestors", {"<0.99.0>", "shop_sup", "<0.91.0>"});
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.92.0>");
  EXPECT_EQ(found_by("<0.100.0>"), FoundBy::kAncestor);
}

TEST_F(TreeTest, AnAncestorMayBeAnAtomInQuotes) {
  process("<0.93.0>", "<0.91.0>").text("registered_name", "Elixir.Shop.Supervisor");
  process("<0.100.0>").refs("ancestors", {"'Elixir.Shop.Supervisor'"});
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.93.0>");
}

TEST_F(TreeTest, TheOnlyOlderLinkIsTheLastClue) {
  process("<0.100.0>").refs("links", {"<0.92.0>", "<0.101.0>", "#Port<0.5>"});
  process("<0.101.0>", "<0.92.0>");
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.92.0>");
  EXPECT_EQ(found_by("<0.100.0>"), FoundBy::kLink);
}

TEST_F(TreeTest, OfTwoOlderLinksNoneIsGuessed) {
  process("<0.100.0>").refs("links", {"<0.92.0>", "<0.91.0>"});
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.90.0>");
  EXPECT_EQ(found_by("<0.100.0>"), FoundBy::kGroupLeader);
}

TEST_F(TreeTest, AGroupLeaderOfItsOwnLeadsToTheApplicationAllTheSame) {
  process("<0.99.0>", "<0.92.0>");
  process("<0.100.0>", "<0.80.0>").ref("group_leader", "<0.99.0>");
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.90.0>");
}

TEST_F(TreeTest, WhoBelongsToNobodyStandsOutside) {
  process("<0.100.0>", "<0.80.0>").ref("group_leader", "<7790.5.0>");
  EXPECT_EQ(parent_of("<0.100.0>"), "outside");
}

TEST_F(TreeTest, APidThatCameBackIsNoParent) {
  process("<0.100.0>", "<0.50.0>");
  begin(10);
  process("<0.100.0>", "<0.50.0>");
  process("<0.50.0>", "<0.92.0>");
  EXPECT_EQ(parent_of("<0.100.0>"), "<0.90.0>");
}

TEST_F(TreeTest, ACircleOfParentsIsCut) {
  process("<0.100.0>", "<0.101.0>");
  process("<0.101.0>", "<0.102.0>");
  process("<0.102.0>", "<0.100.0>");
  EXPECT_EQ(lines({.expand = true}).at("shop").below.processes, 6);
}

TEST_F(TreeTest, SumsHoldEverythingBelow) {
  child("<0.100.0>").number("memory", 5000).number("message_queue_len", 7);
  child("<0.101.0>").not_read("memory", Missing::kLongMailbox).number("message_queue_len", 20'000);
  const TreeTotals all = lines().at("shop_sup").below;
  EXPECT_EQ(all.processes, 3);
  EXPECT_EQ(all.memory, 6000);
  EXPECT_EQ(all.memory_unknown, 1);
  EXPECT_EQ(all.message_queue_len, 20'007);
  EXPECT_EQ(all.max_message_queue_len, 20'000);
  EXPECT_EQ(lines().at("shop").below.memory, 8000);
}

TEST_F(TreeTest, WorkOfTheWindowCountsAlsoOfWhoWasBornInIt) {
  child("<0.100.0>").number("reductions", 1000);
  begin(10);
  child("<0.100.0>").number("reductions", 1600);
  child("<0.101.0>").number("reductions", 250);
  const TreeTotals all = lines().at("shop_sup").below;
  EXPECT_EQ(all.reductions, 850);
  EXPECT_EQ(all.appeared, 1);
  EXPECT_DOUBLE_EQ(tree_->seconds, 10);
}

TEST_F(TreeTest, ANameWithAnotherProcessIsARestartOfItsPlace) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) begin(2 * i);
    child("<0." + std::to_string(100 + i) + ".0>").text("registered_name", "cart");
  }
  const auto all = lines();
  EXPECT_EQ(all.at("cart").below.restarts, 3);
  EXPECT_EQ(all.at("shop").below.restarts, 3);
  EXPECT_EQ(tree_->nodes[all.at("cart").node].own_restarts, 3);
  EXPECT_EQ(tree_->nodes[all.at("shop_sup").node].most_at_once, 3);
}

TEST_F(TreeTest, RestartsBeforeTheWindowDoNotCount) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) begin(10 * i);
    child("<0." + std::to_string(i == 0 ? 100 : 101) + ".0>").text("registered_name", "cart");
  }
  EXPECT_EQ(lines({}, 15'000'000).at("shop").below.restarts, 0);
  EXPECT_EQ(lines({}, kMinute).at("shop").below.restarts, 1);
}

TEST_F(TreeTest, AnOnlyChildWithoutANameIsRestartedManyComeAndGo) {
  child("<0.100.0>");
  process("<0.110.0>", "<0.92.0>").text("dictionary_initial_call", "visit:init/1");
  process("<0.111.0>", "<0.92.0>").text("dictionary_initial_call", "visit:init/1");
  begin(10);
  child("<0.101.0>");
  process("<0.112.0>", "<0.92.0>").text("dictionary_initial_call", "visit:init/1");
  EXPECT_EQ(lines().at("shop").below.restarts, 1);
  EXPECT_EQ(lines().at("<0.101.0>").below.restarts, 1);
}

TEST_F(TreeTest, WhoIsNoSupervisorStartsChildrenOnPurpose) {
  process("<0.93.0>", "<0.92.0>").text("registered_name", "batch");
  process("<0.100.0>", "<0.93.0>").text("initial_call", "batch:job/0");
  begin(10);
  process("<0.93.0>", "<0.92.0>").text("registered_name", "batch");
  process("<0.101.0>", "<0.93.0>").text("initial_call", "batch:job/0");
  EXPECT_EQ(lines().at("shop").below.restarts, 0);
}

TEST_F(TreeTest, ARestartWithNobodyInItsPlaceNowCountsAtTheSupervisor) {
  child("<0.100.0>").text("registered_name", "cart");
  begin(10);
  child("<0.101.0>").text("registered_name", "cart");
  begin(20);
  EXPECT_EQ(lines().at("shop_sup").below.restarts, 1);
}

TEST_F(TreeTest, ManyChildrenOfAKindAreOneLine) {
  for (int i = 0; i < 5; ++i) child("<0." + std::to_string(100 + i) + ".0>");
  process("<0.120.0>", "<0.92.0>")
      .text("registered_name", "cart_keeper")
      .text("dictionary_initial_call", "cart:init/1");
  const auto folded = lines();
  EXPECT_EQ(folded.at("cart:init/1").members, 5u);
  EXPECT_EQ(folded.at("cart:init/1").below.memory, 5000);
  EXPECT_EQ(folded.at("cart_keeper").members, 1u);
  EXPECT_EQ(lines({.expand = true}).count("<0.104.0>"), 1u);
}

TEST_F(TreeTest, DepthAndBelowLimitWhatIsShown) {
  child("<0.100.0>");
  const auto two = lines({.depth = 2});
  EXPECT_EQ(two.count("<0.92.0>"), 0u);
  EXPECT_EQ(two.at("<0.91.0>").hidden, 2);
  const auto below = lines({.below = "shop_sup"});
  EXPECT_EQ(below.at("shop_sup").depth, 0u);
  EXPECT_EQ(below.count("shop"), 0u);
}

TEST_F(TreeTest, AChainIsFollowedToItsEnd) {
  const int length = 3000;
  for (int i = 0; i < length; ++i) {
    process("<0." + std::to_string(1000 + i) + ".0>",
            i == 0 ? "<0.92.0>" : "<0." + std::to_string(999 + i) + ".0>");
  }
  EXPECT_EQ(lines().at("shop_sup").below.processes, length + 1);
}

TEST_F(TreeTest, WrongWordsAreToldInOneLine) {
  EXPECT_EQ(run_on(story_, {"tree", "f", "--sort", "size"}).err,
            "beamtape-analyzer: cannot sort by 'size': it is one of memory, processes, "
            "message_queue_len, reductions, restarts, pid\n");
  EXPECT_EQ(run_on(story_, {"tree", "f", "--below", "shop_sub"}).code, 2);
  EXPECT_EQ(run_on(story_, {"tree", "f", "--window", "soon"}).code, 2);
  EXPECT_EQ(run_on(story_, {"tree", "f", "--at", "#9"}).code, 2);
  EXPECT_EQ(run_on(story_, {"tree", "f", "--depth", "-1"}).code, 2);
}

TEST_F(TreeTest, TheFirstSnapshotHasNoRates) {
  const auto row =
      nlohmann::json::parse(run_on(story_, {"tree", "f", "--json"}).out).at("rows").at(0);
  EXPECT_TRUE(row.at("reductions_per_second").is_null());
  EXPECT_TRUE(row.at("restarts").is_null());
  EXPECT_EQ(row.at("processes"), 3);
}

// On every committed recording: each process once, and almost all of them in an application.
TEST(TreeOfSamples, HoldsEveryProcessOnce) {
  const std::filesystem::path folder = BEAMTAPE_SOURCE_DIR "/samples/recordings";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const Recording recording(std::move(*Reader::open(entry.path())), entry.path());
    const auto told = run_on_files(
        {"tree", entry.path(), "--json", "--expand", "--node", recording.node_names().back()});
    ASSERT_EQ(told.code, 0) << told.err;
    const auto answer = nlohmann::json::parse(told.out);
    int pids = 0, outside = 0;
    for (const auto& row : answer.at("rows")) {
      pids += row.at("pid").is_null() ? 0 : 1;
      if (row.at("kind") == "outside") outside = row.at("processes");
    }
    EXPECT_EQ(pids, answer.at("processes")) << entry.path();
    EXPECT_GT(pids, 40) << entry.path();
    EXPECT_LE(outside, 17) << entry.path();
  }
}

TEST(TreeOfSamples, NamesTheChildThatIsRestarted) {
  const auto told = run_on_files(
      {"tree", BEAMTAPE_SOURCE_DIR "/samples/recordings/corpus/restarts_strong.beamtape",
       "--json"});
  const auto answer = nlohmann::json::parse(told.out);
  std::map<std::string, nlohmann::json> rows;
  for (const auto& row : answer.at("rows")) {
    if (row.at("name").is_string()) rows[row.at("name")] = row;
  }
  EXPECT_GT(rows.at("payment_gateway").at("own_restarts"), 30);
  EXPECT_EQ(rows.at("payment_ledger").at("restarts"), 0);
  EXPECT_GT(rows.at("payments_sup").at("most_restarts_in_5s"), 2);
}

}  // namespace
}  // namespace beamtape
