// How gravely, and beside what, a finding is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(MemoryGrowth, IsToldWhereNobodyIsKnownToTakeIt) {
  const auto found = Trouble()
                         .node("memory_total", rising(30 * kMiB, 2 * kMiB))
                         .node("memory_processes", rising(10 * kMiB, 1.9 * kMiB))
                         .group(
                             "shop", [](int) { return 10; }, [](int) { return 5 * kMiB; })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("memory-growth warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence,
              HasSubstr("of processes, of which they themselves hold 0 B"));
}

TEST(MemoryGrowth, OfLessThanHalfIsInfo) {
  const auto found = Trouble().node("memory_total", rising(100 * kMiB, kMiB / 2)).findings();
  EXPECT_THAT(said(found), ElementsAre("memory-growth info shop@here"));
}

TEST(MemoryGrowth, IsToldBesideWhatTakesIt) {
  const auto found =
      Trouble()
          .node("memory_total", rising(30 * kMiB, 2 * kMiB))
          .ets(
              "prices", [](int) { return 1; }, rising(1000, 1000), rising(1 * kMiB, 1.9 * kMiB))
          .findings();
  ASSERT_EQ(found.findings.size(), 1u);
  EXPECT_EQ(found.findings[0].rule, "ets-growth");
  ASSERT_EQ(found.findings[0].also.size(), 1u);
  EXPECT_EQ(found.findings[0].also[0].rule, "memory-growth");
}

TEST(MemoryGrowth, IsToldBesideTheProcessThatTakesItNotAMailboxOfFewBytes) {
  const auto found = Trouble()
                         .node("memory_total", rising(30 * kMiB, 2 * kMiB))
                         .node("memory_processes", rising(10 * kMiB, 2 * kMiB))
                         .also([](Story& story, int i) {
                           story.process("<0.80.0>")
                               .text("registered_name", "slowlog")
                               .number("memory", 3000 + 20'000 * i)
                               .number("reductions", 100 * i)
                               .number("message_queue_len", 150 * i);
                           story.process("<0.81.0>")
                               .text("registered_name", "hoarder")
                               .number("memory", (1 + 2 * i) * kMiB)
                               .number("minor_gcs", i)
                               .number("message_queue_len", 0);
                         })
                         .findings();
  ASSERT_EQ(found.findings.size(), 2u);
  for (const Finding& one : found.findings) {
    EXPECT_EQ(rules_of(one.also).size(), one.subject.name == "hoarder" ? 1u : 0u) << one.title;
  }
}

TEST(ProcessMemoryGrowth, OfOneThatEndedIsBesideTheNodeOfThen) {
  const auto found =
      Trouble()
          .node("memory_total", [](int i) { return (i < 40 ? 100 + 2 * i : 20) * kMiB; })
          .also([](Story& story, int i) {
            story.process("<0.81.0>").text("registered_name", "other").number("memory", 3000);
            if (i >= 40) return;
            story.process("<0.80.0>")
                .text("registered_name", "batch")
                .text("status", "running")
                .number("memory", std::llround((5 + 2 * i) * kMiB));
          })
          .findings();
  ASSERT_EQ(found.findings.size(), 1u) << ::testing::PrintToString(said(found));
  EXPECT_THAT(found.findings[0].title, HasSubstr("grew to 83.0 MiB, until it ended"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("46.6 % of the node"));
}

// A server with `queue` messages waiting, and those inside a call to it, each with so many
// reductions.
void add_callers(Story& story, const std::string& server, int queue, int callers, int reductions) {
  std::vector<std::string> pids;
  for (int one = 0; one < callers; ++one) pids.push_back("<0." + std::to_string(200 + one) + ".0>");
  story.process("<0.80.0>")
      .text("registered_name", server)
      .text("status", "waiting")
      .number("message_queue_len", queue)
      .number("reductions", 1000)
      .refs("monitors", {})
      .refs("monitored_by", pids);
  for (const auto& pid : pids) {
    story.process(pid)
        .text("registered_name", "caller" + pid)
        .text("status", "waiting")
        .text("current_function", "gen:do_call/4")
        .number("message_queue_len", 0)
        .number("reductions", reductions)
        .refs("monitors", {"<0.80.0>"})
        .refs("monitored_by", {});
  }
}

// Workers that wait for work: their requests were taken, to be answered later.
void add_long_poll(Story& story, int i) {
  add_callers(story, "jobs", 0, 15, i < 12 ? 1000 + i : 5000 + i);
}

TEST(Bottleneck, WhoAnswersLaterIsToldAsInfo) {
  const auto found = Trouble().also(add_long_poll).findings();
  ASSERT_THAT(said(found), ElementsAre("bottleneck info jobs"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("15 processes wait for an answer of jobs"));
}

// Each reading costs one reduction; who did more meanwhile has begun another call.
TEST(WaitsCommand, AnotherCallOfTheSameServerIsAnotherWait) {
  const Story story = Trouble(20).also(add_long_poll).story();
  const auto document = nlohmann::json::parse(run_on(story, {"waits", "f", "--json"}).out);
  EXPECT_EQ(document.at("rows").at(0).at("since_snapshot"), 13);
  EXPECT_EQ(document.at("rows").at(0).at("since_or_before"), false);
}

// Three of one supervisor that are ended on purpose every ten seconds.
TEST(RestartLoop, OfSeveralAtOnceIsToldOnce) {
  const auto found = Trouble()
                         .also([](Story& story, int i) {
                           for (int w = 1; w <= 3; ++w) {
                             story.process("<0." + std::to_string(100 * w + i / 10) + ".0>")
                                 .text("registered_name", "render_" + std::to_string(w))
                                 .text("status", "waiting")
                                 .refs("ancestors", {"render_sup"});
                           }
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("restart-loop info render_1"));
}

// Four children without a name, of which one is replaced every second, or by `number` of them.
Findings several_alike(const std::function<int(int)>& number) {
  return Trouble()
      .also([&](Story& story, int i) {
        for (int w = 0; w < number(i); ++w) {
          story.process("<0." + std::to_string(100 * (w + 1) + (i + w) / 4) + ".0>")
              .text("dictionary_initial_call", "csv_importer:init/1")
              .text("status", "waiting")
              .refs("ancestors", {"import_sup"});
        }
      })
      .findings();
}

TEST(RestartLoop, OfSeveralAlikeIsInfoWhereTheirNumberStandsStill) {
  const auto found = several_alike([](int) { return 4; });
  ASSERT_THAT(said(found), ElementsAre("restart-loop info csv_importer:init/1"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("4 of them live at a time"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("each lived 4.0"));
}

TEST(RestartLoop, IsNotToldOfSeveralOfWhichNoneIsSeenTwice) {
  const auto found = Trouble()
                         .also([](Story& story, int i) {
                           for (int w = 0; w < 3; ++w) {
                             story.process("<0." + std::to_string(100 + 3 * i + w) + ".0>")
                                 .text("dictionary_initial_call", "csv_importer:init/1")
                                 .text("status", "waiting")
                                 .refs("ancestors", {"import_sup"});
                           }
                         })
                         .findings();
  EXPECT_THAT(said(found), IsEmpty());
}

// One without a name in each snapshot, another one each time, below a process with this call.
Findings one_after_another(const std::string& call_of_parent) {
  return Trouble()
      .also([&](Story& story, int i) {
        story.process("<0.70.0>")
            .text("registered_name", "frontend")
            .text("dictionary_initial_call", call_of_parent)
            .text("status", "waiting");
        story.process("<0." + std::to_string(100 + i) + ".0>")
            .text("dictionary_initial_call", "request:handle/3")
            .text("status", "waiting")
            .refs("ancestors", {"frontend"});
      })
      .findings();
}

TEST(RestartLoop, IsNotToldOfRequestsThatAProcessStarts) {
  EXPECT_THAT(said(one_after_another("frontend:loop/1")), IsEmpty());
  EXPECT_THAT(said(one_after_another("supervisor:frontend/1")),
              ElementsAre("restart-loop warning request:handle/3"));
}

TEST(RestartLoop, IsNotToldOfJobsThatComeAndGo) {
  EXPECT_THAT(said(several_alike([](int i) { return 3 + i % 3; })), IsEmpty());
}

// Four wait for one whose mailbox has `queue` messages; each did `work` by the snapshot.
Findings four_wait(int queue, const std::function<int(int)>& work) {
  return Trouble()
      .also([&](Story& story, int i) { add_callers(story, "seats", queue, 4, work(i)); })
      .findings();
}

TEST(Bottleneck, TellsOfFewWhomNobodyAnswers) {
  const auto found = four_wait(4, [](int) { return 100; });
  ASSERT_THAT(said(found), ElementsAre("bottleneck warning seats"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("answers nobody: 4 processes wait for it"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("it lasted 59"));
}

TEST(Bottleneck, TellsOfFewOnlyWhereNobodyIsAnsweredAndTheirRequestsLie) {
  EXPECT_THAT(said(four_wait(0, [](int) { return 100; })), IsEmpty());        // taken
  EXPECT_THAT(said(four_wait(4, [](int i) { return 500 * i; })), IsEmpty());  // in another call
}

// Once for 40 s and once for less: not for all the time between.
TEST(Bottleneck, OfFewThatWereAnsweredInTheEndIsInfo) {
  const auto found = four_wait(4, [](int i) { return i <= 40 ? 100 : i < 50 ? 500 * i : 90'000; });
  ASSERT_THAT(said(found), ElementsAre("bottleneck info seats"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("seats (<0.80.0>) answered nobody for 40"));
}

TEST(EtsGrowth, OfSeveralTablesIsToldAsTheirSum) {
  const auto found =
      Trouble()
          .ets(
              "shard_", [](int) { return 64; }, [](int i) { return 1000 + 1000 * i; },
              [](int i) { return 1e6 + 2e5 * i; })
          .findings();
  ASSERT_EQ(found.findings.size(), 1u);
  EXPECT_THAT(found.findings[0].title,
              HasSubstr("64 ETS tables like shard_ grow: together 60 000 rows"));
}

TEST(PortLeak, IsFoundOfSocketsThatAreNoPorts) {
  const auto found = Trouble().ports("socket", [](int i) { return 50 + 4 * i; }).findings();
  ASSERT_THAT(said(found), ElementsAre("port-leak warning socket"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("Sockets of module socket become more: "));
}

// Sockets of which every other one moves bytes; their identifiers are texts, which have other
// numbers in each keyframe group.
TEST(PortLeak, KnowsWhichSocketsStandStill) {
  const auto found =
      Trouble()
          .ports("socket", [](int i) { return 50 + 4 * i; })
          .also([](Story& story, int i) {
            if (i == 40) story.new_epoch();
            if (i == 41) story.text_id("comes first in this group");
            story.process("<0.80.0>").text("registered_name", "prober").text("status", "waiting");
            for (int one = 0; one < 20; ++one) {
              story.row(socket_table(), "#Ref<0.1.2." + std::to_string(one) + ">")
                  .ref("owner", "<0.80.0>")
                  .number("read_byte", one % 2 == 0 ? 100 : 100 * i)
                  .number("write_byte", 0);
            }
          })
          .findings();
  ASSERT_THAT(said(found), ElementsAre("port-leak warning socket"));
  EXPECT_THAT(
      found.findings[0].evidence,
      HasSubstr("Of 20 that lived in the middle of this time and still do, 10 moved no byte "
                "since. prober (<0.80.0>) owns 20 of them."));
  EXPECT_THAT(found.findings[0].advice, HasSubstr("`show sockets FILE --sort first_seen`"));
}

TEST(Advice, SaysOfWhichNodeAndWhenItWas) {
  const auto advice = [](const std::string& next) {
    return Trouble()
        .ports("socket", [](int i) { return 50 + 4 * i; })
        .also([&next](Story& story, int i) {
          if (i == 59) story.snapshot(60, story.node(next, 2));
        })
        .findings()
        .findings.at(0)
        .advice;
  };
  EXPECT_THAT(advice("other@here"), HasSubstr("`show sockets FILE --node 'shop@here' --sort"));
  // A life of the node that ended before the recording did.
  EXPECT_THAT(advice("shop@here"), HasSubstr("`show sockets FILE --at '#60' --sort"));
}

// Fifty processes, of which eight were read: each keeps `own` bytes by itself, and one binary that
// all of them share.
Findings binaries_of_many(double own) {
  return Trouble()
      .node("memory_binary", [](int i) { return (10 + 1.5 * i) * kMiB; })
      .group(
          "mqtt_conn:init/1", [](int) { return 50; }, [](int) { return kMiB; })
      .also([=](Story& story, int i) {
        for (int one = 0; one < 50; ++one) {
          auto row = story.process("<0." + std::to_string(300 + one) + ".0>");
          row.text("dictionary_initial_call", "mqtt_conn:init/1").text("status", "waiting");
          row.number("memory", 3000);
          if (one >= 8) continue;
          row.raw("binary", story.list_id({2,
                                           {1000 + one, static_cast<Cell>(own), 1,  //
                                            77, 50'000'000, 50}}));
          row.number("suspect_at", i + 1);
        }
      })
      .findings();
}

TEST(BinaryLeak, IsOfAGroupWhoseSampleKeepsMuch) {
  const auto found = binaries_of_many(kMiB);
  ASSERT_THAT(said(found), ElementsAre("binary-leak warning mqtt_conn:init/1"));
  EXPECT_THAT(found.findings[0].title,
              HasSubstr("the 50 processes of mqtt_conn:init/1 keep about 97.7 MiB (8 of them"));
}

// 32 large ones that keep 10 MiB each, and a sample of those who keep next to nothing.
TEST(BinaryLeak, DoesNotTakeTheLargestForAllOthers) {
  const auto found =
      Trouble()
          .node("memory_binary", [](int i) { return (10 + 10 * i) * kMiB; })
          .group(
              "mqtt_conn:init/1", [](int) { return 5000; }, [](int) { return kMiB; })
          .also([](Story& story, int i) {
            for (int one = 0; one < 50; ++one) {
              const bool large = one < 32;
              auto row = story.process("<0." + std::to_string(300 + one) + ".0>");
              row.text("dictionary_initial_call", "mqtt_conn:init/1").text("status", "waiting");
              row.number("memory", (large ? 100'000 : 3000) + one).number("suspect_at", i + 1);
              row.raw("binary", story.list_id({1, {1000 + one, large ? 10 << 20 : 100, 1}}));
            }
          })
          .findings();
  ASSERT_THAT(said(found), ElementsAre("binary-leak warning mqtt_conn:init/1"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("keep about 320 MiB (50 of them"));
}

TEST(BinaryLeak, CountsWhatAllShareOnce) {
  const auto found = binaries_of_many(0);
  EXPECT_THAT(found.findings[0].title,
              HasSubstr("the 50 processes of mqtt_conn:init/1 keep about 47.7 MiB"));
}

TEST(SchedulerSaturation, IsInfoOfFewSnapshots) {
  const auto of = [](int snapshots) {
    return said(Trouble(snapshots).node("run_queue", [](int) { return 27; }).findings());
  };
  EXPECT_THAT(of(11), ElementsAre("scheduler-saturation info shop@here"));
  EXPECT_THAT(of(4), IsEmpty());
}

// Memory of a group in stages; with as many processes, and with a process more for each.
Findings in_stages(bool more) {
  const auto stage = [](int i) { return 1 << std::min(i / 12, 4); };
  return Trouble()
      .group(
          "tenant_conn:init/1", [=](int i) { return more ? 10 * stage(i) : 50; },
          [=](int i) { return 8 * kMiB * stage(i); })
      .also([](Story& story, int) {
        for (int one = 0; one < 50; ++one) {
          auto row = story.process("<0." + std::to_string(300 + one) + ".0>");
          row.text("dictionary_initial_call", "tenant_conn:init/1").text("status", "waiting");
          row.refs("monitored_by", {"<0.80.0>", "<0.81.0>", "<0.80.0>"}, 720);
        }
        story.process("<0.80.0>").text("registered_name", "topics").text("status", "waiting");
      })
      .findings();
}

TEST(ProcessMemoryGrowth, OfAGroupMayComeInSteps) {
  const auto found = in_stages(false);
  ASSERT_THAT(said(found), Contains("process-memory-growth warning tenant_conn:init/1"));
  EXPECT_THAT(found.findings[0].evidence,
              HasSubstr("Half of them have 720 monitors on them or more, most by topics "
                        "(<0.80.0>)."));
}

TEST(ProcessMemoryGrowth, IsNotThatOfAPoolThatIsEnlarged) {
  EXPECT_THAT(said(in_stages(true)),
              Not(Contains("process-memory-growth warning tenant_conn:init/1")));
}

}  // namespace
}  // namespace beamtape
