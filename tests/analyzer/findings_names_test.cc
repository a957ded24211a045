// What a finding names: who has it, what it is made of, where it happens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Forty loaders, or so many, whose mailboxes together have so many messages.
Trouble loaders(
    Trouble::Shape messages, Trouble::Shape number = [](int) { return 40; }) {
  return Trouble().also([messages, number](Story& story, int i) {
    const auto all = std::llround(messages(i));
    GroupSample sample;
    sample.name = story.text_id("loader:init/1");
    sample.processes = std::llround(number(i));
    sample.memory = 40 * 3000;
    sample.message_queue_len = all;
    story.aggregates().groups.push_back(sample);
    for (int one = 0; one < 40; ++one) {
      story.process("<0." + std::to_string(200 + one) + ".0>")
          .text("dictionary_initial_call", "loader:init/1")
          .text("status", "waiting")
          .number("memory", 3000)
          .number("reductions", 1000 + 100 * i)
          .number("message_queue_len", all / 40 + (one == 7 ? 5 : 0));
    }
  });
}

TEST(MailboxBuildup, IsOfAGroupWhereEachIsShort) {
  const auto found = loaders([](int i) { return 6 * i; }).findings();
  ASSERT_THAT(said(found), ElementsAre("mailbox-buildup warning loader:init/1"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("loader:init/1 grow: together 354 messages"));
  EXPECT_THAT(found.findings[0].evidence,
              AllOf(HasSubstr("6.00/s"), HasSubstr("there are 40 of them"),
                    HasSubstr("The longest is that of loader:init/1 (<0.207.0>), with 13.")));
}

TEST(MailboxBuildup, OfManyMembersIsToldOnce) {
  const auto found = loaders([](int i) { return 40 * 200 * i; }).findings();
  ASSERT_THAT(said(found), ElementsAre("mailbox-buildup critical loader:init/1"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("together 472 000 messages"));
}

TEST(MailboxBuildup, OfAGroupThatBecomesMoreIsLeftToProcessLeak) {
  const auto more = [](int i) { return 40 + 10 * i; };
  EXPECT_THAT(said(loaders(more, more).findings()), Not(Contains(HasSubstr("mailbox-buildup"))));
}

TEST(MailboxBuildup, IsSilentOnAGroupThatWorksItsMessagesOff) {
  EXPECT_THAT(said(loaders([](int i) { return 40 * (i % 10); }).findings()), IsEmpty());
}

TEST(MailboxBuildup, OfAGroupIsToldAlsoWhereOneMemberHadABurst) {
  Trouble trouble = loaders([](int i) { return 6 * i; });
  trouble.also([](Story& story, int i) {
    story.process("<0.199.0>")
        .text("dictionary_initial_call", "loader:init/1")
        .text("status", "waiting")
        .number("reductions", 1000 + 5000 * i)
        .number("message_queue_len", i < 5 ? 1200 : 0);
  });
  EXPECT_THAT(said(trouble.findings()),
              UnorderedElementsAre("mailbox-buildup warning loader:init/1",
                                   "mailbox-buildup info loader:init/1"));
}

// Three messages a second that nobody takes, on a node that does so much work.
Findings few_messages(Trouble::Shape work) {
  return Trouble()
      .node("reductions_done", std::move(work))
      .also([](Story& story, int i) {
        story.process("<0.80.0>")
            .text("registered_name", "mailer")
            .text("status", "waiting")
            .number("reductions", 1000 + 5000 * i)
            .number("message_queue_len", 3 * i);
      })
      .findings();
}

TEST(MailboxBuildup, IsFoundOfFewMessagesThatNobodyTakes) {
  const auto found = few_messages([](int i) { return 1e5 * i; });
  ASSERT_THAT(said(found), ElementsAre("mailbox-buildup warning mailer"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("grows: 177 messages"));
}

TEST(MailboxBuildup, OfFewMessagesIsInfoWhereLoadExplainsIt) {
  const auto found = few_messages([](int i) { return 1e4 * i + 1e5 * i * i; });
  ASSERT_THAT(said(found), ElementsAre("mailbox-buildup info mailer"));
  EXPECT_THAT(found.findings[0].caveat, HasSubstr("more load explains it"));
}

TEST(MemoryGrowth, DoesNotTakeWhatWasNotRecordedForNothing) {
  const auto found =
      Trouble().node("memory_total", [](int i) { return (30 + 2.0 * i) * kMiB; }).findings();
  ASSERT_THAT(said(found), ElementsAre("memory-growth warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("100 MiB of no kind that was recorded."));
}

TEST(MemoryGrowth, NamesTheKindThatMakesUpMostOfIt) {
  const auto climb = [](int i) { return (30 + 2.0 * i) * kMiB; };
  const auto found =
      Trouble().node("memory_total", climb).node("persistent_term_memory", climb).findings();
  ASSERT_THAT(said(found), ElementsAre("memory-growth warning shop@here"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("148 MiB now, mostly by persistent terms"));
  EXPECT_THAT(found.findings[0].evidence,
              AllOf(HasSubstr("100 MiB of persistent terms."), Not(HasSubstr("of no "))));
}

// A table that begins with 500 rows.
Trouble table_of(double each) {
  return Trouble().ets(
      "codes", [](int) { return 1; }, [each](int i) { return 500 + each * i; },
      [each](int i) { return 300 * (500 + each * i); });
}

TEST(EtsGrowth, OfAThousandRowsIsInfoWhereThatIsMuch) {
  EXPECT_THAT(said(table_of(30).findings()), ElementsAre("ets-growth info codes"));
  EXPECT_THAT(said(table_of(10).findings()), IsEmpty());
}

// A process that lists `listed` bytes, and of which the node counts `counted`.
Findings binaries_of_one(double listed, double counted) {
  return Trouble()
      .node("memory_binary", [](int i) { return (10 + i) * kMiB; })
      .also([=](Story& story, int i) {
        story.process("<0.80.0>")
            .text("registered_name", "sms_link")
            .text("status", "waiting")
            .number("memory", 3000)
            .number("suspect_at", i + 1)
            .number("bin_vheap_size", std::llround(0.1 * counted))
            .number("bin_old_vheap_size", std::llround(0.9 * counted))
            .raw("binary", story.list_id({1, {1000, std::llround(listed), 1}}));
      })
      .findings();
}

TEST(BinaryLeak, IsOfOneThatAppendsToABinary) {
  const auto found = binaries_of_one(100, 60 * kMiB);
  ASSERT_THAT(said(found), ElementsAre("binary-leak warning sms_link"));
  EXPECT_THAT(found.findings[0].title,
              HasSubstr("sms_link (<0.80.0>) keeps about 60.0 MiB, most likely in a binary that "
                        "it appends to"));
  EXPECT_THAT(found.findings[0].advice, HasSubstr("A buffer needs a bound"));
}

TEST(BinaryLeak, CountsAListedBinaryOnce) {
  const auto found = binaries_of_one(60 * kMiB, 60 * kMiB);
  ASSERT_THAT(said(found), ElementsAre("binary-leak warning sms_link"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("sms_link (<0.80.0>) keeps 60.0 MiB"));
}

// An array of atomics is counted for each reference to it.
TEST(BinaryLeak, DoesNotBelieveThatOneKeepsMoreThanThereIs) {
  const auto found = binaries_of_one(100, 160 * kMiB);
  ASSERT_THAT(said(found), ElementsAre("binary-leak warning shop@here"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("None of the holders"));
}

using Frames = std::vector<std::pair<std::string, std::int64_t>>;

// Fifteen wait for one, which is in `work` in half of the snapshots, and idle in the last one.
Finding bottleneck_in(const Frames& work) {
  const auto found =
      Trouble(41)
          .also([work](Story& story, int i) {
            std::vector<std::string> clients;
            for (int one = 0; one < 15; ++one)
              clients.push_back("<0." + std::to_string(200 + one) + ".0>");
            const bool idle = i % 2 == 0;
            story.process("<0.80.0>")
                .text("registered_name", "line_sup")
                .text("status", "waiting")
                .number("reductions", 1000 * i)
                .number("message_queue_len", 14)
                .text("current_function", idle ? "gen_server:loop/7" : work.front().first)
                .stack(idle ? Frames{{"gen_server:loop/7", 1061}} : work)
                .refs("monitors", {})
                .refs("monitored_by", clients);
            for (const auto& client : clients) {
              story.process(client)
                  .text("status", "waiting")
                  .number("reductions", 1000)
                  .number("message_queue_len", 0)
                  .text("current_function", "gen:do_call/4")
                  .refs("monitors", {"<0.80.0>"})
                  .refs("monitored_by", {});
            }
          })
          .findings();
  EXPECT_THAT(said(found), ElementsAre("bottleneck warning line_sup"));
  return found.findings.empty() ? Finding() : found.findings[0];
}

TEST(Bottleneck, ShowsWhereItWorksNotWhereItWaits) {
  const Finding found = bottleneck_in({{"shop:pay/2", 7}, {"gen_server:try_dispatch/4", 1}});
  EXPECT_THAT(found.evidence, HasSubstr("It was in shop:pay/2 < gen_server:try_dispatch/4."));
  EXPECT_THAT(found.advice, Not(HasSubstr("supervisor")));
}

TEST(Bottleneck, OfASupervisorIsOfItsStarts) {
  const auto advice = [](const char* waits, const char* in) {
    return bottleneck_in({{waits, 1}, {in, 2}}).advice;
  };
  const auto starts = HasSubstr("A supervisor starts its children one after the other");
  EXPECT_THAT(advice("proc_lib:sync_start_link/2", "supervisor:do_start_child_i/3"), starts);
  EXPECT_THAT(advice("proc_lib:sync_start_link/2", "DynamicSupervisor.start_child/3"), starts);
  EXPECT_THAT(advice("lists:map/2", "supervisor:handle_call/3"), Not(starts));
}

TEST(RunawayProcess, IsNamedByTheInnermostFunction) {
  const auto found = Trouble()
                         .node("reductions_done", [](int i) { return 2.1e6 * i; })
                         .also([](Story& story, int i) {
                           story.process("<0.80.0>")
                               .text("registered_name", "pager")
                               .text("status", "running")
                               .number("reductions", 2'000'000LL * i)
                               .number("message_queue_len", 0)
                               .stack({{"'Elixir.Sync.Pager':pull/2", 9},
                                       {"'Elixir.Sync.Pager':handle_info/2", 4},
                                       {"gen_server:try_dispatch/4", 1}});
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("runaway-process warning pager"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("busy in Sync.Pager.pull/2"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("in module Sync.Pager,"));
}

}  // namespace
}  // namespace beamtape
