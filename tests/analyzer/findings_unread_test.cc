// What was not read is neither 0 nor a number: rules do without it, and say of when the last value
// is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "analyzer/findings/comparable_memory.h"
#include "analyzer/findings/finding_json.h"
#include "analyzer/findings/rule.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kLast = 59, kMiddle = 33;

Trouble::Shape still(double value) {
  return [=](int) { return value; };
}
Trouble of_binaries() {
  return Trouble()
      .node("memory_total", rising(100 * kMiB, 2 * kMiB))
      .node("memory_binary", rising(5 * kMiB, 2 * kMiB));
}
Trouble of_memory() { return Trouble().node("memory_total", rising(100 * kMiB, 2 * kMiB)); }
Trouble of_rows() {
  return Trouble().ets("prices", still(1), rising(1000, 1000), rising(kMiB, 200'000));
}
Trouble of_tables() {
  return Trouble().ets("session_", rising(10, 5), rising(10, 5000), rising(kMiB, kMiB));
}
Trouble of_processes() { return Trouble().group("session", rising(200, 30)); }
Trouble of_heaps() { return Trouble().group("cart", still(60), rising(10 * kMiB, 2 * kMiB)); }
Trouble of_ports() { return Trouble().ports("tcp_inet", rising(20, 3)); }
Trouble of_atoms() { return Trouble().node("atom_count", rising(20'000, 5)); }
Trouble of_limit() { return Trouble().node("process_count", still(230'000)); }
Trouble of_carriers() {
  return Trouble()
      .node("allocated_total", still(1000 * kMiB))
      .allocator("binary_alloc", still(100 * kMiB), still(900 * kMiB));
}
Trouble of_mailboxes() {
  return Trouble().group("loader", still(60)).also([](Story& story, int i) {
    if (!story.aggregates().groups.empty()) story.aggregates().groups[0].message_queue_len = 20 * i;
  });
}

void expect_sound(const Findings& found) {
  for (const Finding& one : found.findings) {
    EXPECT_THAT(finding_json(one).dump(), AllOf(Not(HasSubstr("nan")), Not(HasSubstr("-nan")),
                                                Not(HasSubstr("EiB")), Not(HasSubstr(": -"))));
    EXPECT_GE(one.score, 0);
    EXPECT_LE(one.score, 100);
  }
}

// Of trouble whose last snapshot is damaged: the title of its only finding.
std::string title_of(Trouble trouble) {
  const auto whole = said(trouble.findings());
  const auto found = trouble.damaged_at(kLast).findings();
  EXPECT_EQ(said(found), whole);
  expect_sound(found);
  EXPECT_EQ(found.findings.size(), 1u);
  return found.findings.empty() ? "" : found.findings[0].title;
}

TEST(Unread, OfADamagedLastSnapshotTheOneBeforeIsTold) {
  EXPECT_EQ(title_of(of_binaries()), "Binaries grow: 121 MiB as of #59");
  EXPECT_EQ(title_of(of_memory()), "The node's memory grows: 216 MiB as of #59");
  EXPECT_EQ(title_of(of_rows()), "ETS table prices grows: 59 000 rows, 12.1 MiB as of #59");
  EXPECT_EQ(title_of(of_tables()), "ETS tables named session_ become more: 300 as of #59");
  EXPECT_EQ(title_of(of_processes()), "Processes of session become more: 1 940 as of #59");
  EXPECT_EQ(title_of(of_heaps()), "The memory of the processes of cart grows: 126 MiB as of #59");
  EXPECT_EQ(title_of(of_ports()), "Ports of tcp_inet become more: 194 as of #59");
  EXPECT_EQ(title_of(of_atoms()), "Atoms become more: 20 290 as of #59");
  EXPECT_EQ(title_of(of_carriers()), "binary_alloc holds 800 MiB without data in it as of #59");
  EXPECT_EQ(title_of(of_mailboxes()),
            "The mailboxes of the processes of loader grow: together 1 160 messages as of #59");
}

TEST(Unread, ALimitIsNearUpToTheLastThatIsKnown) {
  const auto found = of_limit().damaged_at(kMiddle).damaged_at(kLast).findings();
  ASSERT_THAT(said(found), ElementsAre("limit-near warning process_count"));
  EXPECT_THAT(found.findings[0].evidence, HasSubstr("In #59, the last that is known, 230 000 of"));
  EXPECT_EQ(found.findings[0].from, 1);
  EXPECT_EQ(found.findings[0].to, kLast);
}

TEST(Unread, DamagedSnapshotsInTheMiddleInterruptNoGrowth) {
  for (Trouble trouble : {of_binaries(), of_memory(), of_rows(), of_tables(), of_processes(),
                          of_heaps(), of_ports(), of_atoms(), of_carriers(), of_mailboxes()}) {
    const auto whole = trouble.findings();
    const auto found = trouble.damaged_at(52).damaged_at(53).damaged_at(54).findings();
    EXPECT_EQ(said(found), said(whole));
    expect_sound(found);
  }
}

TEST(Unread, OfNodeMemoryThatWasNotAnsweredTheLastKnownIsTold) {
  for (Trouble trouble : {of_binaries(), of_memory(), of_atoms(), of_carriers()}) {
    const auto found = trouble
                           .also([](Story& story, int i) {
                             if (i == kLast) story.node_row().number("uptime", 90'000'000'000);
                           })
                           .findings();
    EXPECT_EQ(found.findings.size(), 1u);
    expect_sound(found);
  }
}

TEST(Unread, OfTablesThatWereNotAnsweredTheSumIsNotKnown) {
  const auto found = Trouble()
                         .ets("prices", still(1), rising(1000, 1000),
                              [](int i) { return i >= 50 ? 0 : kMiB + 200'000 * i; })
                         .also([](Story& story, int i) {
                           if (i < 50) return;
                           story.record().not_answered =
                               "ports: no answer within the deadline; ets: no answer in time";
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("ets-growth warning prices"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("as of #50"));
}

TEST(Unread, WhoseNameCouldNotBeReadMayBeAnyOfThem) {
  const auto found = of_rows()
                         .also([](Story& story, int i) {
                           if (i >= 52 && i <= 54) story.aggregates().ets[0].name = 999;
                         })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("ets-growth warning prices"));
}

TEST(Unread, WhatIsNotThereAnyMoreIsNone) {
  EXPECT_THAT(said(Trouble()
                       .ets("prices", still(1), rising(1000, 1000), rising(kMiB, 200'000))
                       .also([](Story& story, int i) {
                         if (i >= kMiddle) story.aggregates().ets.clear();
                       })
                       .findings()),
              IsEmpty());
}

TEST(Unread, AnAllocatorThatIsAmongTheOthersAtTheEndIsToldOfBefore) {
  const auto found = of_carriers()
                         .also([](Story& story, int i) {
                           if (i == kLast) story.aggregates().allocators.clear();
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre("allocator-fragmentation warning binary_alloc"));
  EXPECT_THAT(found.findings[0].title, HasSubstr("800 MiB without data in it as of #59"));
  expect_sound(found);
}

TEST(Unread, AMailboxIsToldWithoutReductionsThatAreNotKnown) {
  const auto found = Trouble()
                         .also([](Story& story, int i) {
                           auto row = story.process("<0.80.0>");
                           row.text("registered_name", "mailer")
                               .text("status", "waiting")
                               .number("message_queue_len", 200 * i)
                               .number("memory", 3000);
                           if (i == kLast) {
                             row.not_read("reductions", Missing::kDeadline);
                           } else {
                             row.number("reductions", 1000 + 5000 * i);
                           }
                         })
                         .findings();
  ASSERT_THAT(said(found), ElementsAre(HasSubstr("mailbox-buildup")));
  EXPECT_THAT(found.findings[0].evidence, Not(HasSubstr("its process does")));
  expect_sound(found);
}

TEST(Unread, AStrengthThatNobodyKnowsIsNone) {
  const SnapshotRecord snapshot;
  Observed observed;
  observed.segment.snapshots = {&snapshot};
  Verdict verdict(observed, "rule");
  EXPECT_EQ(verdict.add(Severity::kWarning, kNaN, {}).score, 40);
}

// From so many snapshots on, one member that had `more` before is not read, or is read again.
std::function<void(Story&, int)> unread(int from, int to, double bytes) {
  return [=](Story& story, int i) {
    if (i < from || i >= to) return;
    GroupSample& group = story.aggregates().groups[0];
    ++group.memory_unknown;
    group.memory -= std::llround(bytes);
  };
}
constexpr int kEnd = kLast + 1;

TEST(Unread, MembersThatBecomeKnownAreNoGrowth) {
  const auto drains = [](Story& story, int i) {
    story.aggregates().groups[0].memory_unknown = kLast - i;
  };
  EXPECT_THAT(said(of_heaps().findings()), ElementsAre("process-memory-growth warning cart"));
  EXPECT_THAT(said(of_heaps().also(drains).findings()), IsEmpty());
}

TEST(Unread, AMemberThatIsReadNoLongerHidesNoGrowth) {
  const auto heaps = [] {
    return Trouble().group("cart", still(60), rising(210 * kMiB, 2 * kMiB));
  };
  for (const auto& member :
       {unread(20, kEnd, 200 * kMiB), unread(0, 40, 200 * kMiB), unread(20, 40, 200 * kMiB)}) {
    const auto found = heaps().also(member).findings();
    ASSERT_THAT(said(found), ElementsAre("process-memory-growth warning cart"));
    EXPECT_THAT(found.findings[0].evidence, HasSubstr(" Of 0 to 1 of them the memory was not read; "
                                                      "what that alone changed is left out."));
    EXPECT_THAT(found.findings[0].evidence, HasSubstr(", 2.00 MiB/s (60 snap"));
  }
  const auto always = heaps().also(unread(0, kEnd, 200 * kMiB)).findings();
  ASSERT_EQ(always.findings.size(), 1u);
  EXPECT_THAT(always.findings[0].evidence, HasSubstr(" Of 1 of them the memory was not read."));
  EXPECT_THAT(heaps().findings().findings[0].evidence, Not(HasSubstr("not read")));
}

// A leak of small processes, and one large one in their group whose mailbox fills or drains.
TEST(Unread, ALeakIsAsGraveWhateverWasReadOfOne) {
  const auto leak = [](double each, double other) {
    return Trouble().group("session", rising(200, 2),
                           [=](int i) { return other + each * (200 + 2 * i); });
  };
  const std::string small = "process-leak info session", large = "process-leak warning session";
  EXPECT_THAT(said(leak(10, kMiB / 2).findings()), ElementsAre(small));
  EXPECT_THAT(said(leak(5000, kMiB / 2).findings()), ElementsAre(large));
  for (const auto& member : {unread(0, 30, kMiB / 2), unread(30, kEnd, kMiB / 2)}) {
    EXPECT_THAT(said(leak(10, kMiB / 2).also(member).findings()), ElementsAre(small));
    const auto found = leak(5000, kMiB / 2).also(member).findings();
    ASSERT_THAT(said(found), ElementsAre(large));
    EXPECT_THAT(found.findings[0].evidence, HasSubstr("Of 0 to 1 of them the memory"));
  }
  const auto drains = [](Story& story, int i) {
    GroupSample& group = story.aggregates().groups[0];
    group.memory_unknown = kLast - i;
    group.memory += std::llround(i * kMiB / 10);
  };
  EXPECT_THAT(said(leak(10, 0).also(drains).findings()), ElementsAre(small));
}

TEST(Unread, SumsWithAsManyUnreadAreCompared) {
  EXPECT_THAT(comparable_memory({10, 11, 5, 6, 13}, {3, 3, 3, 3, 3}, {0, 0, 1, 1, 0}),
              ElementsAre(10, 11, 11, 12, 13));
  // Those with the fewest unread are the true ones.
  EXPECT_THAT(comparable_memory({4, 5, 20, 21}, {3, 3, 3, 3}, {2, 2, 1, 1}),
              ElementsAre(19, 20, 20, 21));
  // Three of usual size came, and one is not read any more; what came and is not read is not there.
  EXPECT_THAT(comparable_memory({40, 21}, {4, 7}, {0, 1}), ElementsAre(40, 40 + 2 * 3.5));
  EXPECT_THAT(comparable_memory({40, 40}, {4, 7}, {0, 3}), ElementsAre(40, 40));
  const auto gone = comparable_memory({40, kNaN, 41}, {1, 1, 1}, {0, 1, 0});
  EXPECT_TRUE(std::isnan(gone[1]));
  EXPECT_EQ(gone[2], 41);
  EXPECT_TRUE(std::isnan(comparable_memory({kNaN}, {1}, {1})[0]));
}

}  // namespace
}  // namespace beamtape
