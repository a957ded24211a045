// Rows that are pinned, their columns, and the curves in them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>

#include "analyzer/load/damage_words.h"
#include "analyzer/load/time.h"
#include "analyzer/view/session.h"
#include "schema/tables/table.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ChosenColumns, AreShownInTheOrderOfChoosingAndCopied) {
  const Recording recording = shop_recording();
  RowsQuestion question{"processes", 6, "", ""};
  question.columns = {"status", "pid", "of another version"};
  const auto rows = find_rows(recording, question, nullptr);
  ASSERT_EQ(rows->columns.size(), 2U);
  EXPECT_EQ(rows->columns[0].name, "status");
  EXPECT_GT(rows->all_columns.size(), 20U);
  EXPECT_THAT(whole_text(*rows, TableFormat::kCsv), HasSubstr("status,pid\r\n"));
  EXPECT_EQ(text_of(rows, 0, 1)->rows[0].size(), 2U);
}

TEST(PinnedRows, StandFirstWhateverTheFilterAndOnce) {
  const Recording recording = shop_recording();
  RowsQuestion question{"processes", 6, "memory", "pid != \"<0.103.0>\""};
  question.pinned = {"<0.103.0>", "<0.102.0>", "<0.999.0>"};
  const auto rows = find_rows(recording, question, nullptr);
  ASSERT_EQ(rows->error, "");
  EXPECT_EQ(rows->pinned, 2U) << "one of them is not there";
  EXPECT_EQ(rows->order.size(), 4U);
  const auto text = text_of(rows, 2, 10);
  ASSERT_EQ(text->pinned.size(), 2U);
  EXPECT_EQ(text->pinned[0][0].text, "<0.103.0>");
  EXPECT_EQ(text->pinned[1][0].text, "<0.102.0>");
  EXPECT_EQ(text->rows.size(), 2U);
}

TEST(Rows, TellWhatChangedSinceAnotherInstant) {
  const Recording recording = shop_recording();
  RowsQuestion question{"ets", 3, "delta(size)", ""};
  question.since = 1;
  question.until = 3;
  const auto rows = find_rows(recording, question, nullptr);
  ASSERT_EQ(rows->error, "");
  EXPECT_EQ(rows->sorted_by, "delta(size)");
  std::vector<std::string> names;
  for (const ColumnHead& head : rows->columns) names.push_back(head.name);
  const auto size = std::find(names.begin(), names.end(), "size");
  ASSERT_NE(size, names.end());
  ASSERT_EQ(*(size + 1), "delta(size)") << "beside what has changed";
  const auto at = static_cast<std::size_t>(size + 1 - names.begin());
  EXPECT_EQ(text_of(rows, 0, 1)->rows[0][at].exact, "20000");
  EXPECT_EQ(text_of(rows, 0, 1)->rows[0][at].text, "+20 000");
  EXPECT_THAT(rows->columns[at].explanation, HasSubstr("from A (#1) to B (#3)"));
  question.until = 2;
  EXPECT_EQ(text_of(find_rows(recording, question, rows), 0, 1)->rows[0][at].exact, "10000")
      << "between the two, whatever is shown";
  question.since = question.until = 0;
  EXPECT_EQ(find_rows(recording, question, rows)->sorted_by, "memory") << "there is no such change";
  RowsQuestion sums{"groups", 3, "", ""};
  sums.since = 1;
  sums.until = 3;
  const auto groups = find_rows(recording, sums, nullptr);
  for (const ColumnHead& head : groups->all_columns) {
    EXPECT_EQ(head.name.find("delta"), std::string::npos) << "whose row is another one each time";
  }
}

TEST(FilterExample, IsUnderstoodByItsTable) {
  const Recording recording = shop_recording();
  for (const std::string& table : recording.subjects()) {
    RowsQuestion question{table, 6, "", ""};
    question.filter = filter_example(*find_rows(recording, question, nullptr));
    EXPECT_NE(question.filter, "") << table;
    EXPECT_EQ(find_rows(recording, question, nullptr)->error, "") << table;
  }
}

TEST(Damage, IsToldWithItsSnapshotWhereNothingCouldBeRead) {
  const char* const told = "snapshot #1: process 0-4095: checksum does not match";
  const auto damaged = [](Story story) {
    auto reader = std::make_unique<FakeReader>(std::move(story));
    reader->told_damage = {{1, "process 0-4095: checksum does not match"}};
    return Recording(std::move(reader), "damaged.beamtape");
  };
  Story story;
  story.node("shop@host");
  story.snapshot(0);
  const Recording nothing = damaged(story);
  const auto rows = find_rows(nothing, {"processes", 1, "", ""}, nullptr);
  EXPECT_EQ(rows->total, 0U);
  EXPECT_THAT(rows->damage, ElementsAre(told));
  const TreeText tree = read_tree_text(nothing, 1, "memory");
  EXPECT_TRUE(tree.lines.empty());
  EXPECT_THAT(tree.damage, ElementsAre(told));
  const Recording shop = damaged(shop_story());
  EXPECT_THAT(read_life_text(shop, "<0.102.0>", "", 6, kNoon).damage, ElementsAre(told));
  EXPECT_THAT(read_life_text(shop, "<0.7.0>", "", 6, kNoon).error, HasSubstr(told))
      << "it may be in what is damaged";
  EXPECT_THAT(read_diff_text(shop, shop, {1, 2, ""}).found.damage, ElementsAre(told));
  EXPECT_EQ(damage_text({0, "a page"}), "a page");
}

TEST(ClockSpan, TellsItsEndsApartOrIsOne) {
  constexpr std::int64_t kOneSecond = 1'000'000;
  EXPECT_EQ(clock_span_text(kNoon, kNoon + 5 * kOneSecond), "12:00:00 to 12:00:05");
  EXPECT_EQ(clock_span_text(kNoon, kNoon + kOneSecond / 2), "12:00:00.000 to 12:00:00.500");
  EXPECT_EQ(clock_span_text(kNoon, kNoon), "12:00:00");
  EXPECT_EQ(clock_span_text(kNoon, kNoon + 86'400 * kOneSecond),
            "2024-11-20 12:00:00 to 2024-11-21 12:00:00");
}

TEST(Named, AreFoundByAPartOfTheirName) {
  const auto things = find_named(shop_recording(), 3, "SHOP_");
  std::vector<std::string> texts;
  for (const Named& one : things.found) texts.push_back(one.kind + " " + one.text);
  EXPECT_THAT(texts, ElementsAre("process shop_mailer  <0.102.0>", "ets shop_cache  shop_cache"));
  EXPECT_TRUE(find_named(shop_recording(), 3, "").found.empty());
  EXPECT_TRUE(find_named(shop_recording(), 3, "a\"b").found.empty());
}

TEST(GroupedRows, AreTheSumsThatShowGroupByHas) {
  const Recording recording = shop_recording();
  RowsQuestion question{"processes", 6, "count", "reductions > 100"};
  question.pinned = {"<0.102.0>"};
  const auto plain = find_rows(recording, question, nullptr);
  EXPECT_THAT(plain->group_keys, ElementsAre("group", "application", "function", "owner"));
  question.group_by = "function";
  const auto rows = find_rows(recording, question, plain);
  ASSERT_EQ(rows->error, "");
  EXPECT_EQ(rows->pinned, 0U);
  EXPECT_EQ(rows->matched, 3U);
  EXPECT_EQ(rows->total, 4U);
  ASSERT_EQ(rows->order.size(), 2U);
  EXPECT_EQ(rows->columns[0].name, "name");
  EXPECT_NE(rows->columns[1].explanation, "");
  const auto text = text_of(rows, 0, 10);
  EXPECT_EQ(text->rows[0][0].text, "gen_server:loop/7");
  EXPECT_EQ(text->rows[0][1].text, "2");
  EXPECT_THAT(whole_text(*rows, TableFormat::kCsv), HasSubstr("gen:do_call/4,1,"));
  question.group_by = "nothing";
  EXPECT_THAT(find_rows(recording, question, rows)->error, HasSubstr("cannot group"));
  question.group_by = question.sort = "";
  EXPECT_EQ(find_rows(recording, question, rows)->pinned, 1U) << "rows are rows again";
}

// The cart is another process in the shown snapshot than between A and B.
TEST(GroupedRows, ChangesAreThoseOfTheGroupFromAToB) {
  const Recording recording = shop_recording();
  RowsQuestion question{"processes", 6, "", "name ~ cart"};
  question.columns = {"name", "delta(count)", "delta(memory)"};
  question.group_by = "group";
  const auto change = [&](std::int64_t since, std::int64_t until) {
    question.since = since;
    question.until = until;
    const auto rows = find_rows(recording, question, nullptr);
    EXPECT_EQ(rows->error, "");
    std::vector<std::string> exact;
    const auto text = text_of(rows, 0, 1);
    for (const CellText& cell : text->rows.at(0)) exact.push_back(cell.exact);
    return exact;
  };
  EXPECT_THAT(change(2, 3), ElementsAre("Shop.Cart", "0", "1000"));
  // One died and another was born, with less memory.
  EXPECT_THAT(change(3, 4), ElementsAre("Shop.Cart", "0", std::to_string(1000 - 360 * 1024)));
  // Where A is later than B, too.
  EXPECT_THAT(change(4, 3), ElementsAre("Shop.Cart", "0", std::to_string(360 * 1024 - 1000)));
}

TEST(Sparks, FollowEachRowOverTheRange) {
  const Recording recording = shop_recording();
  const auto rows = find_rows(recording, {"processes", 6, "message_queue_len", ""}, nullptr);
  const std::atomic<bool> stale = false;
  const Sparks sparks =
      read_sparks(recording, {rows, 0, 10, "message_queue_len", {1, 6}}, kNoon, stale);
  EXPECT_TRUE(sparks.whole);
  ASSERT_EQ(sparks.rows.size(), rows->order.size());
  const auto text = text_of(rows, 0, 1);
  ASSERT_EQ(text->rows[0][0].text, "<0.102.0>");
  ASSERT_FALSE(sparks.rows[0].values.empty());
  EXPECT_EQ(sparks.rows[0].values.back(), 36'000);
  EXPECT_EQ(sparks.rows[0].seconds.back(), 70);
}

TEST(Sparks, FollowRowsWhoseKeyIsATextAcrossKeyframeGroups) {
  Story story;
  story.node("a@host");
  for (int i = 1; i <= 6; ++i) {
    if (i == 4) story.new_epoch();
    story.snapshot(10 * i);
    for (int other = 0; other < i; ++other) story.text_id("text " + std::to_string(10 * i + other));
    story.row(ets_table(), "#Ref<0.1.2.3>").text("name", "prices").number("memory", 100 * i);
  }
  const Recording recording(std::make_unique<FakeReader>(story), "a");
  const auto rows = find_rows(recording, {"ets", 6, "", ""}, nullptr);
  const std::atomic<bool> stale = false;
  const Sparks sparks = read_sparks(recording, {rows, 0, 1, "memory", {1, 6}}, kNoon, stale);
  ASSERT_EQ(sparks.rows.size(), 1U);
  EXPECT_THAT(sparks.rows[0].values, ElementsAre(100, 200, 300, 400, 500, 600));
}

TEST(Sparks, OfACounterAreItsIncrease) {
  const Recording recording = shop_recording();
  const auto rows = find_rows(recording, {"processes", 6, "", ""}, nullptr);
  const std::atomic<bool> stale = false;
  const Sparks sparks = read_sparks(recording, {rows, 0, 1, "reductions", {1, 6}}, kNoon, stale);
  ASSERT_GT(sparks.rows[0].values.size(), 1U);
  EXPECT_TRUE(std::isnan(sparks.rows[0].values[0]));
  EXPECT_GE(sparks.rows[0].values[1], 0);
}

TEST(Sparks, EndEarlyWhenNobodyWantsThemAndAreNoneWithoutAHistory) {
  const Recording recording = shop_recording();
  const auto rows = find_rows(recording, {"processes", 6, "", ""}, nullptr);
  const std::atomic<bool> stale = true;
  EXPECT_FALSE(read_sparks(recording, {rows, 0, 4, "memory", {1, 6}}, kNoon, stale).whole);
  const auto groups = find_rows(recording, {"groups", 6, "", ""}, nullptr);
  const std::atomic<bool> wanted = false;
  EXPECT_TRUE(read_sparks(recording, {groups, 0, 4, "memory", {1, 6}}, kNoon, wanted).rows.empty());
}

// What a recorder has written so far, and a little later.
Story counted(int snapshots) {
  Story story;
  story.node("a@host");
  for (int i = 1; i <= snapshots; ++i) {
    story.snapshot(10 * i);
    story.process("<0.1.0>").number("memory", 100 * i);
  }
  return story;
}
Recording recorded(int snapshots) {
  return Recording(std::make_unique<FakeReader>(counted(snapshots)), "a.beamtape");
}
void renew(Session& session, int snapshots) {
  session.renew(recorded(snapshots), recorded(snapshots), read_overview(recorded(snapshots), ""));
}

TEST(Renewed, GoesOnAtTheEndIfItWasAtTheEnd) {
  Session session(recorded(3), recorded(3), "", [] {});
  renew(session, 5);
  EXPECT_EQ(session.instant()->snapshot, 5);
  EXPECT_GT(session.to_s, 40) << "the whole is shown as before";
  const RowsQuestion question{"processes", 5, "", ""};
  while (!session.rows(question)) std::this_thread::yield();
  EXPECT_EQ(session.rows(question)->order.size(), 1U);
}

TEST(Renewed, StaysWhereSomebodyLooks) {
  Session session(recorded(4), recorded(4), "", [] {});
  session.go_to(1);
  session.mark_a = 2;
  session.zoom(0.3, 15);
  const RowsQuestion question{"processes", 2, "", ""};
  while (!session.rows(question)) std::this_thread::yield();
  const double to = session.to_s;
  renew(session, 6);
  EXPECT_EQ(session.instant()->snapshot, 2);
  EXPECT_EQ(session.mark_a, 2U);
  EXPECT_EQ(session.to_s, to);
  // The answer that is shown is from the earlier state of the file, which is still there for it.
  const auto rows = session.rows(question);
  while (!session.rows_text(rows, 0, 1)) std::this_thread::yield();
  EXPECT_EQ(session.rows_text(rows, 0, 1)->rows[0][0].text, "<0.1.0>");
}

TEST(Renewed, KeepsWithinAFileThatBecameShorter) {
  Session session(recorded(6), recorded(6), "", [] {});
  session.mark_b = 5;
  session.go_to(4);
  renew(session, 2);
  EXPECT_EQ(session.instant()->snapshot, 2);
  EXPECT_EQ(session.mark_b, std::nullopt);
  renew(session, 0);
  EXPECT_EQ(session.instant(), nullptr);
}

TEST(Selected, IsTheProcessOfThatNameAtTheShownInstant) {
  Session session(shop_recording(), shop_recording(), "", [] {});
  EXPECT_EQ(session.selected_pid(), "");
  session.select("<0.7.0>");
  EXPECT_EQ(session.selected_pid(), "<0.7.0>") << "be it there or not";
  session.select("Elixir.Shop.Cart");
  EXPECT_EQ(session.selected_pid(), "") << "not known yet";
  while (!session.life()) std::this_thread::yield();
  EXPECT_EQ(session.selected_pid(), "<0.200.0>");
}

TEST(SessionRows, ArePinnedTaggedAndCopied) {
  Session session(shop_recording(), shop_recording(), "", [] {});
  session.pin("<0.102.0>");
  session.pin("<0.103.0>");
  session.pin("<0.102.0>");
  EXPECT_THAT(session.pinned, ElementsAre("<0.103.0>"));
  for (int i = 0; i < 3; ++i) session.tag("<0.1.0>");
  EXPECT_EQ(session.tags["<0.1.0>"], 3);
  for (int i = 0; i < 3; ++i) session.tag("<0.1.0>");
  EXPECT_TRUE(session.tags.empty()) << "after the last comes none";
  const RowsQuestion question{"processes", 6, "", ""};
  while (!session.rows(question)) std::this_thread::yield();
  EXPECT_EQ(session.copied(), nullptr);
  session.copy_table(session.rows(question), TableFormat::kCsv);
  while (session.busy()) std::this_thread::yield();
  const auto copied = session.copied();
  ASSERT_NE(copied, nullptr);
  EXPECT_THAT(*copied, HasSubstr("<0.102.0>"));
  EXPECT_EQ(session.copied(), nullptr) << "once";
}

}  // namespace
}  // namespace beamtape
