// One cause is told once (analyzer/findings/causes.h): what belongs together, and what does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "analyzer/findings/causes.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Finding finding(const std::string& rule, FindingSubject subject, Severity severity) {
  Finding one;
  one.rule = rule;
  one.subject = std::move(subject);
  one.severity = severity;
  one.score = 40 * static_cast<int>(severity);
  one.title = rule + " of " + one.subject.id;
  return one;
}
Finding grows(const std::string& rule, FindingSubject subject, const std::string& metric,
              std::vector<double> values) {
  Finding one = finding(rule, std::move(subject), Severity::kWarning);
  one.plot.metric = metric;
  one.plot.unit = Unit::kCount;
  for (std::size_t i = 0; i < values.size(); ++i)
    one.plot.seconds.push_back(static_cast<double>(i));
  one.plot.values = std::move(values);
  return one;
}
// Rises by `each` where `pattern` has a 1.
std::vector<double> steps(const std::string& pattern, double each) {
  std::vector<double> values{100};
  for (const char step : pattern) values.push_back(values.back() + (step == '1' ? each : 0));
  return values;
}
const FindingSubject kCart{"process", "<0.7.0>", "cart", "cart"};
const FindingSubject kSessions{"group", "session", "session", ""};
const FindingSubject kNode{"node", "shop@here", "", ""};

// Of the node, whose memory grows by so many bytes, most of them of a kind.
Finding memory_grows(const std::string& kind, double bytes, double whole) {
  Finding one = finding("memory-growth", kNode, Severity::kWarning);
  one.of_node = {{kind, bytes}};
  one.numbers = {{"from", 20.0}, {"to", 20.0 + whole}};
  return one;
}

// The processes and the rows of a table that grow by so many in such a time.
std::vector<Finding> two_that_grow(const std::vector<double>& passed,
                                   const std::function<double(double, int)>& processes,
                                   const std::function<double(double, int)>& rows) {
  std::vector<double> seconds{0}, of_processes{100}, of_rows{1000};
  for (std::size_t i = 0; i < passed.size(); ++i) {
    seconds.push_back(seconds.back() + passed[i]);
    of_processes.push_back(of_processes.back() + processes(passed[i], static_cast<int>(i)));
    of_rows.push_back(of_rows.back() + rows(passed[i], static_cast<int>(i)));
  }
  std::vector<Finding> two{grows("process-leak", kSessions, "processes", of_processes),
                           grows("ets-growth", {"ets", "orders", "orders", ""}, "size", of_rows)};
  for (Finding& one : two) one.plot.seconds = seconds;
  return two;
}
const std::vector<double> kUneven{1, 3.1, 1.2, 0.4, 2, 4, 1, 1, 2.7, 0.5, 3, 1.1, 2, 0.3, 4, 1};

TEST(Causes, TheSameSubjectIsToldOnceAsGravelyAsAnyRuleSays) {
  const auto told = tell_once({finding("mailbox-buildup", kCart, Severity::kWarning),
                               finding("process-memory-growth", kCart, Severity::kCritical)});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].rule, "mailbox-buildup");
  EXPECT_EQ(told[0].severity, Severity::kCritical);
  ASSERT_THAT(told[0].also, SizeIs(1));
  EXPECT_EQ(told[0].also[0].title, "process-memory-growth of <0.7.0>");
}

TEST(Causes, AHolderIsOfTheCauseOfWhatItHolds) {
  Finding binaries = finding("binary-leak", {"node", "shop", "", ""}, Severity::kWarning);
  binaries.involves = {"process <0.7.0>"};
  const auto told =
      tell_once({binaries, finding("process-memory-growth", kCart, Severity::kWarning)});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].rule, "binary-leak");
}

TEST(Causes, OfProcessesThatBelongTogetherTheUppermostTells) {
  Finding below = finding("process-leak", kSessions, Severity::kWarning);
  below.involves = {"group session_sup"};
  const auto told =
      tell_once({below, finding("process-leak", {"group", "session_sup", "session_sup", ""},
                                Severity::kWarning)});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].subject.id, "session_sup");
}

TEST(Causes, WhatIsBornInTheSameStepsIsOfOneCause) {
  const std::string pattern = "110100101110010110";
  const auto told = tell_once(
      {grows("process-leak", kSessions, "processes", steps(pattern, 2)),
       grows("port-leak", {"port", "tcp_inet", "tcp_inet", ""}, "ports", steps(pattern, 1))});
  EXPECT_THAT(told, SizeIs(1));
}

TEST(Causes, WhatGrowsAtTheSameTimeInOtherStepsIsNot) {
  const auto told =
      tell_once({grows("process-leak", kSessions, "processes", steps("110100101110010110", 2)),
                 grows("port-leak", {"port", "tcp_inet", "tcp_inet", ""}, "ports",
                       steps("011011010010101101", 1))});
  EXPECT_THAT(told, SizeIs(2));
}

TEST(Causes, TwoThatGrowSteadilyAreTwoHoweverUnevenTheSnapshots) {
  const auto steadily = [](double each) { return [each](double s, int) { return each * s; }; };
  EXPECT_THAT(tell_once(two_that_grow(kUneven, steadily(20), steadily(1000))), SizeIs(2));
  const std::vector<double> even(kUneven.size(), 1.1);
  EXPECT_THAT(tell_once(two_that_grow(even, steadily(20), steadily(1000))), SizeIs(2));
  // Of loops that are a little early and late, each for itself.
  const auto loop = [](double each, int prime) {
    return [=](double s, int i) { return each * s * (1 + 0.02 * ((i * prime) % 11)); };
  };
  EXPECT_THAT(tell_once(two_that_grow(kUneven, loop(20, 3), loop(1000, 7))), SizeIs(2));
}

TEST(Causes, TheSameStepsAreSeenInUnevenSnapshots) {
  const std::string pattern = "1101001011100101";
  const auto in_steps = [&](double each) {
    return [&pattern, each](double s, int i) { return pattern.at(i) == '1' ? each * s : 0; };
  };
  EXPECT_THAT(tell_once(two_that_grow(kUneven, in_steps(20), in_steps(1000))), SizeIs(1));
}

TEST(Causes, TwoTablesOfOneOwnerThatGrowInOtherStepsAreTwo) {
  Finding one =
      grows("ets-growth", {"ets", "prices", "prices", ""}, "size", steps("110100101110010110", 9));
  Finding two =
      grows("ets-growth", {"ets", "users", "users", ""}, "size", steps("011011010010101101", 9));
  one.involves = two.involves = {"process <0.5.0>"};
  EXPECT_THAT(tell_once({one, two}), SizeIs(2));
  two.plot.values = one.plot.values;
  EXPECT_THAT(tell_once({one, two}), SizeIs(1));
}

TEST(Causes, ANumberOfTheNodeIsExplainedByWhatMakesUpMostOfIt) {
  Finding queue = finding("scheduler-saturation", {"node", "shop", "", ""}, Severity::kWarning);
  queue.of_node = {{"reductions_done", 1000}};
  Finding busy = finding("runaway-process", kCart, Severity::kWarning);
  busy.of_node = {{"reductions_done", 900}};
  EXPECT_THAT(tell_once({busy, queue}), SizeIs(1));
  busy.of_node = {{"reductions_done", 300}};
  EXPECT_THAT(tell_once({busy, queue}), SizeIs(2));
}

TEST(Causes, TwoFindingsAboutTheNodeAreTwo) {
  EXPECT_THAT(
      tell_once({finding("atom-leak", {"node", "shop", "", ""}, Severity::kWarning),
                 finding("scheduler-saturation", {"node", "shop", "", ""}, Severity::kWarning)}),
      SizeIs(2));
}

// In rows or, of a large one, in bytes.
TEST(Causes, TheRowsOfARegistryAreToldBesideItsProcesses) {
  const FindingSubject registry{"ets", "registry", "registry", ""};
  Finding rows = grows("ets-growth", registry, "memory", steps("10110100101101", 4000));
  rows.plot.unit = Unit::kBytes;
  const auto told =
      tell_once({grows("process-leak", kSessions, "processes", steps("10110100101101", 3)), rows});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].rule, "process-leak");
}

TEST(Causes, MemoryStandsBesideWhatTakesItsKind) {
  const Finding memory = memory_grows("memory_binary", 60, 70);
  Finding binaries = finding("binary-leak", kNode, Severity::kWarning);
  binaries.of_node = {{"memory_binary", 60.0}};
  const Finding sessions = finding("process-leak", kSessions, Severity::kWarning);
  for (const Finding& one : tell_once({sessions, binaries, memory})) {
    EXPECT_EQ(one.also.size(), one.rule == "binary-leak" ? 1u : 0u) << one.rule;
  }
}

TEST(Causes, MemoryStandsBesideWhatTakesMostOfIt) {
  const Finding memory = memory_grows("memory_processes", 130, 140);
  Finding mailbox = finding("mailbox-buildup", kCart, Severity::kWarning);
  mailbox.numbers = {{"now", 7555.0}};
  Finding sessions = finding("process-leak", kSessions, Severity::kWarning);
  sessions.of_node = {{"process_count", 900.0}, {"memory_processes", 20.0}};
  Finding hoarder =
      finding("process-memory-growth", {"process", "<0.8.0>", "hoarder", ""}, Severity::kWarning);
  hoarder.of_node = {{"memory_processes", 110.0}};
  for (const Finding& one : tell_once({mailbox, sessions, hoarder, memory})) {
    EXPECT_EQ(one.also.size(), one.rule == "process-memory-growth" ? 1u : 0u) << one.rule;
  }
  mailbox.of_node = {{"memory_processes", 1.0}};
  EXPECT_THAT(tell_once({mailbox, memory}), SizeIs(2)) << "next to nothing of it";
}

TEST(Causes, MemoryIsToldByItselfWhereMostOfItIsUnexplained) {
  const Finding memory = memory_grows("memory_processes", 1100, 1200);
  Finding cart = finding("process-memory-growth", kCart, Severity::kWarning);
  cart.of_node = {{"memory_processes", 130.0}};
  EXPECT_THAT(tell_once({cart, memory}), SizeIs(2));
  Finding sessions = finding("process-leak", kSessions, Severity::kWarning);
  sessions.of_node = {{"process_count", 900.0}, {"memory_processes", 550.0}};
  const auto told = tell_once({cart, sessions, memory});  // together more than half
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(told[1].also, SizeIs(1));
}

TEST(Causes, MemoryOfNoKindStandsBesideNoLeakOfAtoms) {
  const Finding memory = finding("memory-growth", kNode, Severity::kWarning);
  const Finding atoms = finding("atom-leak", kNode, Severity::kWarning);
  EXPECT_THAT(tell_once({atoms, memory}), SizeIs(2));
}

TEST(Causes, MemoryStandsBesideNothingOfAnotherKind) {
  const Finding memory = memory_grows("memory_ets", 200, 210);
  Finding mailbox = finding("mailbox-buildup", kCart, Severity::kWarning);
  mailbox.numbers = {{"now", 52'000.0}};
  EXPECT_THAT(tell_once({mailbox, memory}), SizeIs(2));
}

// Told first is what leads to it, here processes; their table has the bytes.
TEST(Causes, MemoryStandsBesideTheCauseOfWhatTakesIt) {
  const Finding memory = memory_grows("memory_ets", 200, 210);
  Finding sessions = finding("process-leak", kSessions, Severity::kWarning);
  sessions.involves = {"ets registry"};
  Finding table = finding("ets-growth", {"ets", "registry", "registry", ""}, Severity::kWarning);
  table.of_node = {{"memory_ets", 190.0}};
  const auto told = tell_once({sessions, table, memory});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].also, SizeIs(2));
}

TEST(Causes, AFewMessagesTakeNoMemory) {
  const Finding memory = finding("memory-growth", kNode, Severity::kWarning);
  Finding mailbox = finding("mailbox-buildup", kCart, Severity::kWarning);
  mailbox.numbers = {{"now", 120.0}};
  EXPECT_THAT(tell_once({mailbox, memory}), SizeIs(2));
  mailbox.numbers = {{"now", 12'000.0}};
  EXPECT_THAT(tell_once({mailbox, memory}), SizeIs(1));
}

TEST(Causes, NodesDoNotShareThem) {
  Finding here = finding("mailbox-buildup", kCart, Severity::kWarning);
  Finding there = finding("process-memory-growth", kCart, Severity::kWarning);
  there.node = "other@here";
  EXPECT_THAT(tell_once({here, there}), SizeIs(2));
}

// A socket, its handler and that one's supervisor, of connections that nobody closes.
TEST(Causes, ALeakedConnectionIsOneFindingWithAllThatHangsOnIt) {
  const auto count = [](int i) { return 50.0 + 3 * i; };
  const auto found =
      Trouble()
          .group("handler", count)
          .group("handler_sup", count)
          .ports("tcp_inet", count)
          .also([&](Story& story, int i) {
            story.process("<0.1.0>").text("registered_name", "listener").number("memory", 5000);
            for (int n = 0; n < static_cast<int>(count(i)); ++n) {
              const auto pid = [&](int what) {
                return "<0." + std::to_string(10 * n + what) + ".0>";
              };
              const auto port = "#Port<0." + std::to_string(n) + ">";
              story.process(pid(2))
                  .text("label", "handler_sup")
                  .ref("parent", "<0.1.0>")
                  .refs("links", {"<0.1.0>", pid(3)});
              story.process(pid(3))
                  .text("label", "handler")
                  .ref("parent", pid(2))
                  .refs("links", {pid(2), port});
              story.row(*find_table("port"), port)
                  .text("name", "tcp_inet")
                  .ref("connected", pid(3))
                  .number("input", 10)
                  .number("output", 10);
            }
          })
          .findings();
  ASSERT_THAT(said(found), ElementsAre("process-leak warning handler_sup"));
  std::vector<std::string> also;
  for (const Consequence& one : found.findings[0].also)
    also.push_back(one.rule + " " + one.subject.id);
  EXPECT_THAT(also, UnorderedElementsAre("process-leak handler", "port-leak tcp_inet"));
}

}  // namespace
}  // namespace beamtape
