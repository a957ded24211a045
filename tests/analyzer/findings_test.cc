// Each rule on a node that has its trouble, and on one that only looks like it.

#include "analyzer/findings/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "analyzer/findings/rule.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Trouble::Shape flat(double value) {
  return [=](int) { return value; };
}
// Jitter that repeats itself in no short time.
double jitter(int i) { return std::sin(i * i * 12.9898); }

Story::Row add_process(Story& story, const std::string& pid, const std::string& name) {
  return story.process(pid)
      .number("reductions", 1000)
      .number("message_queue_len", 0)
      .text("status", "waiting")
      .number("memory", 3000)
      .text("current_function", "gen_server:loop/7")
      .stack({{"gen_server:loop/7", 1061}})
      .text("registered_name", name)
      .refs("monitors", {})
      .refs("monitored_by", {})
      .refs("ancestors", {"shop_sup"});
}

TEST(Findings, AHealthyNodeHasNone) {
  const auto found =
      Trouble()
          .node("memory_total", [](int i) { return 100 * kMiB * (1 + 0.1 * jitter(i)); })
          .node("atom_count", flat(20'000))
          .group("conn", [](int i) { return 500 + 40 * jitter(i); })
          .ets(
              "cache", flat(1), [](int i) { return 50'000 + 1000 * jitter(i); }, flat(20 * kMiB))
          .findings();
  EXPECT_THAT(said(found), IsEmpty());
  EXPECT_THAT(found.not_evaluated, IsEmpty());
}

TEST(Findings, OfTooFewSnapshotsTrendsAreNotEvaluated) {
  const auto found = Trouble(8).group("session", rising(100, 100)).findings();
  EXPECT_THAT(said(found), IsEmpty());
  std::vector<std::string> rules;
  for (const auto& one : found.not_evaluated) rules.push_back(one.rule);
  EXPECT_THAT(rules, Contains("process-leak"));
  EXPECT_THAT(found.not_evaluated.front().why, HasSubstr("8"));
}

TEST(Findings, WhatWasNotRecordedIsNotEvaluated) {
  const auto found = Trouble()
                         .also([](Story& story, int) {
                           story.node_row().not_read("atom_count", Missing::kNotRecorded);
                         })
                         .findings();
  ASSERT_FALSE(found.not_evaluated.empty());
  EXPECT_EQ(found.not_evaluated.front().rule, "atom-leak");
  EXPECT_THAT(found.not_evaluated.front().why, HasSubstr("atom_count was not recorded"));
}

TEST(ProcessLeak, IsFoundByItsGroup) {
  const auto found = Trouble().group("session", rising(200, 30)).findings();
  EXPECT_THAT(said(found), ElementsAre(HasSubstr("process-leak warning session")));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("1 770 were born meanwhile and 0 ended"));
}

TEST(ProcessLeak, IsInfoWhereLoadExplainsIt) {
  const auto found = Trouble()
                         .group("session", rising(200, 30))
                         .node("reductions_done", [](int i) { return 1e6 * i + 0.5e5 * i * i * 3; })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("process-leak info session"));
  EXPECT_THAT(found.findings[0].caveat, HasSubstr("more load explains it"));
}

TEST(ProcessLeak, IsSilentOnAPoolThatFillsUp) {
  EXPECT_THAT(
      said(Trouble().group("pool", [](int i) { return std::min(50 + 20 * i, 400); }).findings()),
      IsEmpty());
}

TEST(EtsGrowth, IsFoundByRows) {
  const auto found =
      Trouble().ets("prices", flat(1), rising(1000, 1000), rising(kMiB, 200'000)).findings();
  EXPECT_THAT(said(found), ElementsAre("ets-growth warning prices"));
}

TEST(EtsTableLeak, TellsOfTablesNotOfTheirMemory) {
  const auto found =
      Trouble().ets("session_", rising(10, 5), rising(10, 5000), rising(kMiB, kMiB)).findings();
  EXPECT_THAT(said(found), ElementsAre("ets-table-leak warning session_"));
}

TEST(AtomLeak, NeedsNoShareOfWhatIsThere) {
  EXPECT_THAT(said(Trouble().node("atom_count", rising(20'000, 5)).findings()),
              ElementsAre("atom-leak warning shop@here"));
}

TEST(AtomLeak, IsSilentWhenCodeIsLoaded) {
  EXPECT_THAT(
      said(Trouble().node("atom_count", [](int i) { return i < 20 ? 20'000 : 21'500; }).findings()),
      IsEmpty());
}

TEST(PortLeak, IsFoundByDriver) {
  EXPECT_THAT(said(Trouble().ports("tcp_inet", rising(50, 4)).findings()),
              ElementsAre("port-leak warning tcp_inet"));
}

TEST(BinaryLeak, IsOfTheNodeWhereNoHolderIsKnown) {
  const auto found = Trouble().node("memory_binary", rising(10 * kMiB, kMiB)).findings();
  EXPECT_THAT(said(found), ElementsAre("binary-leak warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("None of the holders"));
}

TEST(SchedulerSaturation, NeedsMostOfTheTime) {
  EXPECT_THAT(said(Trouble().node("run_queue", flat(9)).findings()),
              ElementsAre("scheduler-saturation warning shop@here"));
  EXPECT_THAT(said(Trouble().node("run_queue", [](int i) { return i % 2 ? 9 : 0; }).findings()),
              IsEmpty());
}

TEST(LimitNear, IsCriticalWhereItIsAsGoodAsReached) {
  EXPECT_THAT(said(Trouble().node("process_count", flat(220'000)).findings()),
              ElementsAre("limit-near warning process_count"));
  EXPECT_THAT(said(Trouble().node("process_count", flat(258'000)).findings()),
              ElementsAre("limit-near critical process_count"));
}

TEST(AllocatorFragmentation, LooksAtTheSecondHalf) {
  const auto held = Trouble()
                        .node("allocated_total", flat(1000 * kMiB))
                        .allocator(
                            "binary_alloc", [](int i) { return i < 10 ? 600 * kMiB : 100 * kMiB; },
                            flat(700 * kMiB));
  EXPECT_THAT(said(held.findings()), ElementsAre("allocator-fragmentation warning binary_alloc"));
  const auto just_now =
      Trouble()
          .node("allocated_total", flat(1000 * kMiB))
          .allocator(
              "binary_alloc", [](int i) { return i < 50 ? 600 * kMiB : 100 * kMiB; },
              flat(700 * kMiB));
  EXPECT_THAT(said(just_now.findings()), IsEmpty());
}

TEST(MemoryStep, SaysWhenAndWhichMemory) {
  const auto found = Trouble()
                         .node("memory_total", [](int i) { return (i < 25 ? 100 : 180) * kMiB; })
                         .node("memory_ets", [](int i) { return (i < 25 ? 10 : 90) * kMiB; })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("memory-step info shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("Most of it is memory of ETS tables"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("12:00:25"));
}

TEST(MemoryStep, IsNoRampThatEnds) {
  const auto found =
      Trouble()
          .node("memory_total", [](int i) { return (64 + 77 * std::clamp(i - 4, 0, 10)) * kMiB; })
          .findings();
  EXPECT_THAT(said(found), IsEmpty());
}

TEST(MemoryStep, IsSeenOverAPauseThatTheRecorderAnnounced) {
  const auto found = Trouble()
                         .node("memory_total", [](int i) { return (i < 25 ? 100 : 180) * kMiB; })
                         .gap_after(24, 30, true)
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("memory-step info shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("It was 100 MiB up to snapshot #25 and 180 MiB "
                                                    "from #26 on."));
}

Trouble mailbox(const Trouble::Shape& queue, double work_each) {
  return Trouble().also([=](Story& story, int i) {
    add_process(story, "<0.80.0>", "mailer")
        .number("message_queue_len", std::llround(queue(i)))
        .number("reductions", 1000 + std::llround(work_each * i));
  });
}

TEST(MailboxBuildup, IsFoundWhileItGrows) {
  const auto found = mailbox(rising(0, 50), 5000).findings();
  EXPECT_THAT(said(found), ElementsAre("mailbox-buildup warning mailer"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("grows: 2 950 messages"));
  EXPECT_EQ(found.findings[0].subject.id, "<0.80.0>");
}

TEST(MailboxBuildup, IsCriticalWhereTheProcessDoesNotRun) {
  const auto found = mailbox(rising(0, 50), 0).findings();
  EXPECT_THAT(said(found), ElementsAre("mailbox-buildup critical mailer"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("is stuck"));
}

TEST(MailboxBuildup, IsInfoOnceTheBurstIsDrained) {
  const auto found =
      mailbox([](int i) { return i < 20 ? 5000 : std::max(0, 5000 - 300 * (i - 20)); }, 9000);
  EXPECT_THAT(said(found.findings()), ElementsAre("mailbox-buildup info mailer"));
}

TEST(MailboxBuildup, IsSilentOnAFewMessages) {
  EXPECT_THAT(said(mailbox(flat(60), 5000).findings()), IsEmpty());
}

TEST(ProcessMemoryGrowth, SeesThroughCollections) {
  const auto found = Trouble()
                         .also([](Story& story, int i) {
                           add_process(story, "<0.80.0>", "cart")
                               .number("memory", std::llround((5 + i * 0.5 + i % 6) * kMiB))
                               .number("minor_gcs", i % 6);
                         })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("process-memory-growth warning cart"));
}

TEST(ProcessMemoryGrowth, IsSilentOnASawtooth) {
  const auto found = Trouble()
                         .also([](Story& story, int i) {
                           add_process(story, "<0.80.0>", "cart")
                               .number("memory", std::llround((5 + 4 * (i % 6)) * kMiB));
                         })
                         .findings();
  EXPECT_THAT(said(found), IsEmpty());
}

TEST(RunawayProcess, NamesWhereItRuns) {
  const auto found = Trouble()
                         .node("reductions_done", rising(0, 2.1e6))
                         .also([](Story& story, int i) {
                           add_process(story, "<0.80.0>", "pricing")
                               .number("reductions", 2'000'000LL * i)
                               .text("status", "running")
                               .text("current_function", "erlang:phash2/2")
                               .stack({{"erlang:phash2/2", 0},
                                       {"pricing:discount/3", 12},
                                       {"gen_server:try_dispatch/4", 1}});
                         })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("runaway-process warning pricing"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("pricing:discount/3"));
}

TEST(RestartLoop, CountsThoseWhoCameInItsPlace) {
  const auto found =
      Trouble()
          .also([](Story& story, int i) {
            add_process(story, "<0." + std::to_string(80 + i / 4) + ".0>", "gateway");
          })
          .findings();
  EXPECT_THAT(said(found), ElementsAre("restart-loop warning gateway"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("Another process took its place 14 times"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("shop_sup"));
}

void add_deadlock(Story& story, int i, int last) {
  const bool stuck = i >= 10 && i <= last;
  const auto partner = [&](const std::string& pid, const std::string& name,
                           const std::string& other) {
    auto row = add_process(story, pid, name).refs("monitored_by", {other});
    if (!stuck) return;
    row.text("current_function", "gen:do_call/4")
        .refs("monitors", {other})
        .stack({{"gen:do_call/4", 237}, {name + ":handle_call/3", 55}});
  };
  partner("<0.80.0>", "orders", "<0.81.0>");
  partner("<0.81.0>", "stock", "<0.80.0>");
}

TEST(Deadlock, IsCriticalWhereNobodyMovesToTheEnd) {
  const auto found =
      Trouble().also([](Story& story, int i) { add_deadlock(story, i, 100); }).findings();
  ASSERT_THAT(said(found), ElementsAre("deadlock critical orders"));
  EXPECT_THAT(
      found.findings[0].title,
      HasSubstr("orders (<0.80.0>) waits for stock (<0.81.0>) waits for orders (<0.80.0>)"));
}

TEST(Deadlock, IsAWarningWhereItEndedByItself) {
  const auto found =
      Trouble().also([](Story& story, int i) { add_deadlock(story, i, 14); }).findings();
  EXPECT_THAT(said(found), ElementsAre("deadlock warning orders"));
}

TEST(Deadlock, OfOneInstantIsNone) {
  const auto found =
      Trouble().also([](Story& story, int i) { add_deadlock(story, i, 10); }).findings();
  EXPECT_THAT(said(found), IsEmpty());
}

TEST(WaitsCommand, TellsCirclesAndSinceWhen) {
  const Story story =
      Trouble(20).also([](Story& told, int i) { add_deadlock(told, i, 100); }).story();
  const auto text = run_on(story, {"waits", "f"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(
      text.out,
      HasSubstr("in a circle: <0.80.0> orders waits for <0.81.0> stock waits for <0.80.0> orders"));
  EXPECT_THAT(text.out, HasSubstr("#11, 9.00 s"));
  const auto document = nlohmann::json::parse(run_on(story, {"waits", "f", "--json"}).out);
  EXPECT_EQ(document.at("cycles").size(), 1u);
  EXPECT_EQ(document.at("rows").at(0).at("since_snapshot"), 11);
  EXPECT_EQ(document.at("rows").at(0).at("since_or_before"), false);
  const auto before = run_on(story, {"waits", "f", "--at", "#5"});
  EXPECT_THAT(before.out, HasSubstr("nobody waits inside a call"));
  EXPECT_EQ(run_on(story, {"waits", "f", "--at", "#99"}).code, 2);
}

TEST(Bottleneck, NamesTheOneThatAllWaitFor) {
  const auto found = Trouble()
                         .also([](Story& story, int) {
                           std::vector<std::string> clients;
                           for (int c = 0; c < 15; ++c)
                             clients.push_back("<0." + std::to_string(200 + c) + ".0>");
                           add_process(story, "<0.80.0>", "pricing")
                               .number("message_queue_len", 14)
                               .refs("monitored_by", clients);
                           for (const auto& client : clients) {
                             add_process(story, client, "client" + client)
                                 .text("current_function", "gen:do_call/4")
                                 .refs("monitors", {"<0.80.0>"});
                           }
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("bottleneck warning pricing"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("up to 15 processes wait for it"));
}

TEST(Findings, NeverStraddleAGap) {
  // Twice a rise of its own, the second from where the first began: a restart.
  const auto found = Trouble(60)
                         .group("session", [](int i) { return 100 + (i < 30 ? 0 : 4000); })
                         .gap_after(29, 60)
                         .findings();
  EXPECT_THAT(said(found), IsEmpty());
}

TEST(FindingsCommand, ExitsWith1AtOrAboveTheSeverity) {
  const Story story = Trouble().group("session", rising(200, 30)).story();
  EXPECT_EQ(run_on(story, {"findings", "f"}).code, 0);
  EXPECT_EQ(run_on(story, {"findings", "f", "--fail-on", "warning"}).code, 1);
  EXPECT_EQ(run_on(story, {"findings", "f", "--fail-on", "critical"}).code, 0);
}

TEST(FindingsCommand, PrintsTheSameInEachForm) {
  const Story story = Trouble().group("session", rising(200, 30)).story();
  const auto text = run_on(story, {"findings", "f"});
  EXPECT_THAT(text.out, HasSubstr("warning  Processes of session become more: 1 970 now"));
  const auto document = nlohmann::json::parse(run_on(story, {"findings", "f", "--json"}).out);
  EXPECT_EQ(document.at("findings").at(0).at("rule"), "process-leak");
  EXPECT_EQ(document.at("findings").at(0).at("evidence").at("points").size(), 60u);
  EXPECT_EQ(document.at("findings").at(0).at("subject").at("kind"), "group");
  const auto junit = run_on(story, {"findings", "f", "--format", "junit"});
  EXPECT_THAT(junit.out, HasSubstr("failures=\"1\""));
  EXPECT_EQ(run_on(story, {"findings", "f", "--json"}).out,
            run_on(story, {"findings", "f", "--json"}).out);
}

TEST(FindingsCommand, SaysInOneLineWhatIsWrong) {
  const Story story = Trouble().story();
  const auto severity = run_on(story, {"findings", "f", "--fail-on", "fatal"});
  EXPECT_EQ(severity.code, 2);
  EXPECT_THAT(severity.err, HasSubstr("fatal"));
  EXPECT_EQ(run_on(story, {"findings", "f", "--suppress", "/no/such/file"}).code, 3);
  EXPECT_EQ(run_on(story, {"findings", "f", "--node", "nobody@here"}).code, 2);
  EXPECT_EQ(run_on(story, {"findings", "f", "--from", "#999"}).code, 2);
}

TEST(Rules, HaveNamesOfTheirOwn) {
  std::set<std::string> ids;
  for (const Rule& rule : all_rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_NE(std::string(rule.summary), "");
  }
  EXPECT_EQ(ids.size(), 18u);
}

}  // namespace
}  // namespace beamtape
