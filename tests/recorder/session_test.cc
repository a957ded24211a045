#include <gtest/gtest.h>

#include "recorder/options.h"
#include "recorder/session/aggregator.h"
#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

TEST(Durations, AreNumbersWithAUnit) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("5s"), milliseconds(5000));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("10m"), milliseconds(600'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
}

TEST(Durations, OfZeroLessNothingOrNonsenseAreRefused) {
  for (const char* text : {"", "0s", "-1s", "5", "s", "5 s", "5x", "1e300h", "nan s", "infs", "0ms",
                           "99999999h", "5s5s"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Error::Code::kUsage);
  }
}

TEST(Sizes, AreNumbersWithABinaryUnit) {
  EXPECT_EQ(parse_size("64MiB"), 64 << 20);
  EXPECT_EQ(parse_size("1.5KiB"), 1536);
  EXPECT_EQ(parse_size("1GiB"), 1 << 30);
  for (const char* text :
       {"", "0MiB", "-1GiB", "64", "64MB", "MiB", "1e300TiB", "nanGiB", "1 GiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Shares, ArePercentagesUpToAll) {
  EXPECT_EQ(parse_share("5%"), 0.05);
  EXPECT_EQ(parse_share("0.5%"), 0.005);
  EXPECT_EQ(parse_share("100%"), 1.0);
  for (const char* text : {"", "5", "0%", "-1%", "101%", "nan%", "5%%", "%", "inf%"}) {
    EXPECT_FALSE(parse_share(text)) << text;
  }
}

TEST(GroupNames, FoldWhatCounts) {
  EXPECT_EQ(fold_name("conn_17"), "conn__");
  EXPECT_EQ(fold_name("\"user 4711\""), "\"user _\"");
  EXPECT_EQ(fold_name("{worker,<0.123.4>,#Ref<0.1.2.3>,#Port<0.7>}"), "{worker,_,_,_}");
  EXPECT_EQ(fold_name("a<b"), "a<b");
  EXPECT_EQ(fold_name("größe"), "größe");
}

class AggregatorTest : public ::testing::Test {
 protected:
  AggregatorTest() : node_(NodeFacts{.name = "shop@host"}) {}

  void list(std::uint32_t id, const char* name, Cell memory) {
    Rows& rows = node_.rows(process_table());
    const auto [slot, is_new] = rows.list(pack_pid(id, 0), missing(Missing::kNone));
    if (is_new) set(slot, "first_seen", node_.snapshot);
    set(slot, "registered_name", node_.interner->text(name));
    set(slot, "memory", memory);
    set(slot, "message_queue_len", id);
  }
  void set(std::size_t slot, const char* column, Cell cell) {
    node_.rows(process_table()).set(slot, process_table().index_of(column), cell);
  }
  Aggregates sum_up() {
    record_ = {};
    node_.rows(process_table()).sweep([](std::size_t) {});
    return aggregator_.sum_up(node_, record_);
  }
  void next_snapshot() {
    ++node_.snapshot;
    node_.rows(process_table()).begin_pass();
  }

  RecordedNode node_;
  Aggregator aggregator_;
  SnapshotRecord record_;
};

TEST_F(AggregatorTest, SumsGroupsAndCountsWhoCameAndWent) {
  next_snapshot();
  list(1, "conn_1", 100);
  list(2, "conn_2", 200);
  list(3, "db", missing(Missing::kLongMailbox));
  auto aggregates = sum_up();
  ASSERT_EQ(aggregates.groups.size(), 2u);
  const GroupSample& connections = aggregates.groups[0];
  EXPECT_EQ(node_.interner->text_of(connections.name), "conn__");
  EXPECT_EQ(connections.processes, 2);
  EXPECT_EQ(connections.memory, 300);
  EXPECT_EQ(connections.message_queue_len, 3);
  EXPECT_EQ(connections.appeared, 2);
  EXPECT_EQ(aggregates.groups[1].memory_unknown, 1);
  EXPECT_EQ(record_.not_read, 1);

  next_snapshot();
  node_.start_epoch();
  list(2, "conn_2", 200);
  list(3, "db", 5);
  list(4, "conn_4", 1);
  aggregates = sum_up();
  EXPECT_EQ(aggregates.groups[0].processes, 2);
  EXPECT_EQ(aggregates.groups[0].appeared, 1);
  EXPECT_EQ(aggregates.groups[0].gone, 1);
  EXPECT_EQ(aggregates.groups[1].gone, 0);
}

// As after a snapshot that broke off. The third interner may lie where the first one lay.
TEST_F(AggregatorTest, ReadsTextsAnewInEachKeyframeGroup) {
  next_snapshot();
  list(1, "one", 100);
  list(2, "two", 200);
  sum_up();
  next_snapshot();
  list(2, "two", 200);
  node_.rows(process_table()).sweep([](std::size_t) {});
  node_.start_epoch();  // "two" has the number of "one"
  node_.start_epoch();
  const auto aggregates = sum_up();
  const auto two =
      std::find_if(aggregates.groups.begin(), aggregates.groups.end(),
                   [&](const auto& one) { return node_.interner->text_of(one.name) == "two"; });
  ASSERT_NE(two, aggregates.groups.end());
  EXPECT_EQ(two->processes, 1);
}

TEST_F(AggregatorTest, AddsUpWhatIsBeyondTheMostGroupsAsOther) {
  next_snapshot();
  for (std::uint32_t id = 0; id < 2000; ++id) {
    std::string name = "p";
    for (std::uint32_t rest = id + 1; rest != 0; rest /= 26)
      name += static_cast<char>('a' + rest % 26);
    list(id, name.c_str(), id);
  }
  const auto aggregates = sum_up();
  ASSERT_EQ(aggregates.groups.size(), kMaxGroups);
  EXPECT_EQ(node_.interner->text_of(aggregates.groups.back().name), "other");
  std::int64_t processes = 0, memory = 0;
  for (const GroupSample& group : aggregates.groups) {
    processes += group.processes;
    memory += group.memory;
  }
  EXPECT_EQ(processes, 2000);
  EXPECT_EQ(memory, 1999 * 2000 / 2);
}

}  // namespace
}  // namespace beamtape
