// What the recorder leaves of itself on a node: nothing but a handful of atoms and, on a node that
// loads code when it is first called, a few modules of kernel and stdlib.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <set>

#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

using testing::IsSubsetOf;

// What a node in interactive mode may load when it is asked for the first time, or connected to.
const std::vector<std::string> kMayBeLoaded{
    "application", "dist_util", "erl_anno", "erl_eval", "erl_internal", "erl_lint", "erl_parse",
    "erl_scan",    "inet",      "inet_db",  "lists",    "orddict",      "ordsets",  "otp_internal",
    "prim_inet",   "proplists", "rpc",      "string",   "unicode_util"};
// Names of the questions' variables and items, and beamtape_0@host.
constexpr std::int64_t kHandfulOfAtoms = 150;
// The first snapshot has not asked everything yet: suspects are chosen from its details.
constexpr int kEverythingAsked = 3;

class Untouched : public LiveTest {
 protected:
  // The state once two looks have found the same: what still runs on the node by then belongs
  // there.
  static Json settled(Node& node) {
    Json state = node.ask("live_state all");
    for (int tries = 0; tries < 300; ++tries) {
      Json again = node.ask("live_state all");
      if (again == state) return state;
      state = std::move(again);
    }
    ADD_FAILURE() << "the node does not come to rest";
    return state;
  }

  // The state while the recorder stands still just after a snapshot.
  static Json state_after_line(Program& recorder, Node& node) {
    EXPECT_TRUE(recorder.read_line().has_value());
    recorder.signal(SIGSTOP);
    Json state = settled(node);
    recorder.signal(SIGCONT);
    return state;
  }

  static void expect_same(const Json& one, const Json& other, const std::set<std::string>& but,
                          const std::string& when) {
    for (const auto& [what, value] : one.items()) {
      if (but.contains(what)) continue;
      EXPECT_EQ(value, other.at(what)) << what << ", " << when;
    }
  }

  Program attach(const Node& node, const std::string& interval = "300ms") {
    return Program(
        world_->recorder({node.name(), "-o", file(), "-i", interval, "-n", "10000", "--json"}));
  }
};

std::vector<std::string> added(const Json& before, const Json& after) {
  const std::set<std::string> known(before.begin(), before.end());
  std::vector<std::string> fresh;
  for (const std::string name : after) {
    if (!known.contains(name)) fresh.push_back(name);
  }
  return fresh;
}

TEST_F(Untouched, ANodeIsTheSameFromTheFirstSnapshotToTheLastAndAfterwards) {
  const auto node = world_->start();
  node->ask("live_population many 300");
  node->ask("live_things tables");
  node->ask("live_things ports " + world_->folder().string());
  node->ask("live_things sockets " + world_->folder().string());
  settled(*node);
  const Json before = settled(*node);
  Json first;
  Json atoms;
  {
    Program recorder = attach(*node);
    first = state_after_line(recorder, *node);
    EXPECT_GE(getpriority(PRIO_PROCESS, static_cast<id_t>(recorder.id())), 5)
        << "the node goes first";
    for (int i = 2; i < kEverythingAsked; ++i) recorder.read_line();
    const Json third = state_after_line(recorder, *node);
    for (int i = 0; i < 8; ++i) recorder.read_line();
    const Json last = state_after_line(recorder, *node);
    expect_same(first, last, {"atoms"}, "first and last snapshot");
    expect_same(third, last, {}, "third and last snapshot");
    const auto later = last.at("atoms").get<std::int64_t>() - first.at("atoms").get<std::int64_t>();
    EXPECT_LE(later, 8) << "names of the items that are read of suspects";
    atoms = last.at("atoms");
    recorder.signal(SIGINT);
    EXPECT_EQ(recorder.wait().exit_code, 0);
  }
  expect_sound(file());
  const Json after = settled(*node);
  // A name once heard of is known for ever.
  expect_same(before, after, {"modules", "atoms", "nodes"}, "before and after the recorder");
  EXPECT_EQ(first.at("modules"), after.at("modules"));
  EXPECT_EQ(atoms, after.at("atoms"));
  EXPECT_EQ(first.at("ports").size(), before.at("ports").size() + 1) << "its own connection";
  EXPECT_EQ(node->printed(), "");

  record(*world_, *node, world_->file("second.beamtape"), {"-i", "100ms", "-n", "2"});
  expect_same(after, settled(*node), {}, "first and second recording");
  EXPECT_EQ(node->printed(), "");
}

TEST_F(Untouched, OnlyKernelAndStdlibAreLoadedByTheFirstQuestion) {
  const auto node = world_->start();
  ASSERT_EQ(node->ask("live_state boot_mode"), "interactive");
  settled(*node);
  const Json others = node->ask("live_state outside_kernel_and_stdlib");
  const Json before = node->ask("live_state modules");
  record(*world_, *node, file(), {"-i", "100ms", "-n", "2"});
  const auto loaded = added(before, node->ask("live_state modules"));
  fmt::print("loaded by the first question: {}\n", Json(loaded).dump());
  EXPECT_THAT(loaded, IsSubsetOf(kMayBeLoaded));
  EXPECT_EQ(node->ask("live_state outside_kernel_and_stdlib"), others);
}

TEST_F(Untouched, AnEmbeddedNodeLoadsNothingAndGetsAHandfulOfAtoms) {
  const auto node =
      world_->start({.arguments = {"-mode", "embedded", "-eval",
                                   "[{module, _} = code:load_file(M) ||"
                                   " M <- [live_control, live_state, live_allocators]]."}});
  ASSERT_EQ(node->ask("live_state boot_mode"), "embedded");
  // The node's own answer about its allocators has names of hundreds of block types in it.
  const auto bare = node->ask("live_state all").at("atoms").get<std::int64_t>();
  node->ask("live_allocators rows");
  settled(*node);
  const Json before = settled(*node);
  record(*world_, *node, file(), {"-i", "100ms", "-n", "4"});
  const Json after = settled(*node);
  const auto atoms = after.at("atoms").get<std::int64_t>() - before.at("atoms").get<std::int64_t>();
  fmt::print("atoms made by the first recording: {}; by asking for allocators: {}\n", atoms,
             before.at("atoms").get<std::int64_t>() - bare);
  RecordProperty("atoms", std::to_string(atoms));
  EXPECT_LE(atoms, kHandfulOfAtoms);
  expect_same(before, after, {"atoms", "nodes"}, "before and after");
  record(*world_, *node, world_->file("second.beamtape"), {"-i", "100ms", "-n", "4"});
  expect_same(after, settled(*node), {}, "first and second recording");
}

TEST_F(Untouched, AnIdleProcessWorksOnlyForTheQuestionsThatAreDocumented) {
  constexpr int kRounds = 6;
  const auto node = world_->start();
  node->ask("live_population make");
  const Rows before = answered_rows(node->ask("live_answers quick"));
  record(*world_, *node, file(), {"-i", "100ms", "-n", std::to_string(kRounds)});
  const Rows after = answered_rows(node->ask("live_answers quick"));
  std::map<std::string, std::int64_t> questions;  // by pid
  std::set<std::string> wide;
  for (int snapshot = 1; snapshot <= kRounds; ++snapshot) {
    for (const auto& [pid, row] :
         recorded_rows(file(), "processes", fmt::format("#{}", snapshot))) {
      questions[pid] += row->at("detail_at") == snapshot ? 1 : 0;
      questions[pid] += row->at("suspect_at") == snapshot ? 1 : 0;
      // The dictionary: at first sight, and at the second where it was empty, unless the heap
      // is large.
      const bool empty = row->at("label").is_null() && row->at("dictionary_initial_call").is_null();
      const bool large = row->contains("not_read") && row->at("not_read").contains("label");
      questions[pid] += !large && (snapshot == 1 || (snapshot == 2 && empty)) ? 1 : 0;
      for (const char* list : {"links_count", "monitors_count", "monitored_by_count"}) {
        if (row->at(list) > 1000) wide.insert(pid);
      }
    }
  }
  EXPECT_EQ(wide.size(), 3u);
  std::size_t compared = 0;
  for (const std::string pid : node->ask("live_population members")) {
    const auto worked = after.at(pid)->at("reductions").get<std::int64_t>() -
                        before.at(pid)->at("reductions").get<std::int64_t>();
    if (wide.contains(pid)) {
      EXPECT_LE(worked, questions[pid] + 2 * kRounds) << pid;  // no column tells of these
    } else {
      EXPECT_EQ(worked, questions[pid]) << pid;
    }
    EXPECT_EQ(after.at(pid)->at("message_queue_len"), before.at(pid)->at("message_queue_len"));
    ++compared;
  }
  EXPECT_GT(compared, 2500u);
}

TEST_F(Untouched, ARecorderThatIsKilledLeavesNothingBehind) {
  const auto node = world_->start();
  node->ask("live_population many 2000");
  settled(*node);
  const Json before = settled(*node);
  {
    Program recorder = attach(*node, "100ms");
    for (int i = 0; i < 3; ++i) recorder.read_line();
    recorder.signal(SIGKILL);
    recorder.wait();
  }
  expect_same(before, settled(*node), {"modules", "atoms", "nodes"}, "before and after");
  EXPECT_EQ(node->printed(), "");
}

}  // namespace
}  // namespace beamtape::live
