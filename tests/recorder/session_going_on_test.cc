// Nodes that exist only here, recorded, left, and recorded on.

#include <stdlib.h>

#include <filesystem>

#include "recorder/session/batch.h"
#include "recorder/session/going_on.h"
#include "schema/store/sqlite.h"
#include "tests/recorder/processes_test.h"

namespace beamtape {
namespace {

class GoingOn : public ProcessesTest {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "going_on.XXXXXX";
    folder_ = mkdtemp(name.data());
    writer_ = Writer::create(file(), {}).value();
    life_ = writer_->add_node({.name = "shop@host", .creation = 1, .facts = {}, .applications = {}})
                .value();
  }
  void TearDown() override {
    writer_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string file() const { return folder_ + "/a.beamtape"; }

  // Of this life; each is a keyframe.
  Aggregates take(const std::vector<Census>& census) {
    node_.appeared = node_.gone = 0;
    node_.start_epoch();
    snapshot(census);
    for (const auto& [pid, name] : names_) {
      if (const auto slot = slot_of(pid)) {
        set(process_table(), *slot, "registered_name", node_.interner->text(name));
      }
    }
    SnapshotRecord record;
    record.id = record.epoch = node_.snapshot;
    record.node = life_;
    Aggregates aggregates = aggregator_.sum_up(node_, record);
    std::size_t texts = 0, lists = 0;
    Batch batch = pack(node_, record, aggregates, texts, lists);
    EXPECT_TRUE(store(batch, *writer_));
    return aggregates;
  }
  // The recorder ends and is started again.
  void start_again() {
    ASSERT_TRUE(writer_->close());
    node_ = RecordedNode(NodeFacts{.name = std::string(kNode), .creation = 1});
    aggregator_ = {};
    node_.interner->text("texts have other numbers than before");
    writer_ = Writer::append(file(), {}).value();
    const auto reader = Reader::open(writer_->path());
    ASSERT_TRUE(reader) << reader.error().message;
    node_.snapshot = take_over(**reader, life_, node_, aggregator_);
  }

  void damage_processes(const std::string& where) {
    ASSERT_TRUE(writer_->close());
    auto database = Database::open(file(), Database::Mode::kWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        database->exec("UPDATE part SET data = substr(data, 1, length(data) - 1) || x'55' "
                       "WHERE key % 256 = 1 AND " +
                       where));
  }

  std::optional<std::size_t> slot_of(std::uint32_t pid) const {
    return node_.rows(process_table()).find(pack_pid(pid, 0));
  }
  void set(const Table& table, std::size_t slot, const char* column, Cell cell) {
    node_.rows(table).set(slot, table.index_of(column), cell);
  }
  // Of a table that is listed by words.
  void list(const Table& table, const char* key, Cell first_seen) {
    const auto slot = node_.rows(table).list(node_.interner->text(key), missing(Missing::kNone));
    set(table, slot.first, "first_seen", first_seen);
  }
  const GroupSample* group(const Aggregates& aggregates, const char* name) const {
    const auto found =
        std::find_if(aggregates.groups.begin(), aggregates.groups.end(),
                     [&](const auto& one) { return node_.interner->text_of(one.name) == name; });
    return found == aggregates.groups.end() ? nullptr : &*found;
  }
  Cell of_node(const Aggregates& aggregates, const char* column) const {
    return aggregates.node[node_table().index_of(column)];
  }

  std::string folder_;
  std::unique_ptr<Writer> writer_;
  std::int64_t life_ = 0;
  Aggregator aggregator_;
  std::map<std::uint32_t, std::string> names_{{1, "clerk"}, {2, "clerk"}, {3, "till"}, {4, "till"}};
};

TEST_F(GoingOn, WhoIsStillThereKeepsItsSlotAndWhenItWasFirstSeen) {
  take({{.pid = 1}, {.pid = 9}});
  take({{.pid = 1}, {.pid = 2}, {.pid = 3}});
  const auto before = std::vector{slot_of(1), slot_of(2), slot_of(3)};
  start_again();
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kPending)) << "of long ago";
  EXPECT_EQ(cell(1, "registered_name"), missing(Missing::kNone));
  const auto inquiry = snapshot({{.pid = 4}, {.pid = 3}, {.pid = 1, .reductions = 250}});
  EXPECT_EQ((std::vector{slot_of(1), slot_of(3)}), (std::vector{before[0], before[2]}));
  EXPECT_EQ(cell(1, "first_seen"), 1);
  EXPECT_EQ(cell(3, "first_seen"), 2);
  EXPECT_EQ(cell(4, "first_seen"), 3);
  EXPECT_FALSE(slot_of(2));
  EXPECT_NE(slot_of(4), before[1]) << "the file must see it empty once";
  EXPECT_TRUE(inquiry.was_asked("detail", 1));
  EXPECT_TRUE(inquiry.was_asked("identity", 1));
  EXPECT_EQ(cell(1, "detail_at"), 3);
}

TEST_F(GoingOn, CountsOnlyWhoCameAndWentMeanwhile) {
  take({{.pid = 1}, {.pid = 2}, {.pid = 3}});
  start_again();
  const auto aggregates = take({{.pid = 1, .reductions = 130}, {.pid = 3}, {.pid = 4}});
  const GroupSample* clerks = group(aggregates, "clerk");
  const GroupSample* tills = group(aggregates, "till");
  ASSERT_TRUE(clerks && tills);
  EXPECT_EQ(std::pair(clerks->appeared, clerks->gone), std::pair(Cell{0}, Cell{1}));
  EXPECT_EQ(std::pair(tills->appeared, tills->gone), std::pair(Cell{1}, Cell{0}));
  EXPECT_EQ(of_node(aggregates, "processes_appeared"), 1);
  EXPECT_EQ(of_node(aggregates, "processes_gone"), 1);
  EXPECT_EQ(of_node(aggregates, "reductions_done"), 3 * 100 + 30 + 100);
}

TEST_F(GoingOn, FewerReductionsThanInTheFileAreAnotherProcess) {
  take({{.pid = 1, .reductions = 500}});
  start_again();
  const auto aggregates = take({{.pid = 1, .reductions = 400}});
  EXPECT_EQ(cell(1, "first_seen"), 2);
  EXPECT_EQ(group(aggregates, "clerk")->appeared, 1);
  EXPECT_EQ(group(aggregates, "clerk")->gone, 1);
}

TEST_F(GoingOn, TellsTablesSocketsAndConnectionsByTheirWords) {
  const Table* tables[] = {&ets_table(), &socket_table(), &connection_table()};
  for (const Table* table : tables) {
    list(*table, "gone", 1);
    list(*table, "it", 1);
    node_.rows(*table).sweep([](std::size_t) {});
  }
  take({{.pid = 1}});
  start_again();
  for (const Table* table : tables) {
    const Rows& rows = node_.rows(*table);
    EXPECT_EQ(rows.living(), 2u) << table->name;
    const auto slot = rows.find(node_.interner->text("it"));
    ASSERT_TRUE(slot) << table->name;
    EXPECT_EQ(*slot, 1u) << table->name;
    EXPECT_EQ(rows.get(*slot, table->index_of("first_seen")), 1) << table->name;
  }
}

TEST_F(GoingOn, WhereTheLastSnapshotIsDamagedTheOneBeforeTellsWhoWasThere) {
  take({{.pid = 1}, {.pid = 3}});
  list(ets_table(), "other words", 2);
  list(ets_table(), "it", 2);
  take({{.pid = 3}, {.pid = 1, .reductions = 130}, {.pid = 2}});
  damage_processes("key / 256 = 2");
  start_again();
  EXPECT_EQ(node_.snapshot, 2);
  EXPECT_EQ(node_.rows(ets_table()).living(), 2u) << "of which nothing is lost";
  const auto aggregates = take({{.pid = 1, .reductions = 150}, {.pid = 2}, {.pid = 3}});
  EXPECT_EQ(cell(1, "first_seen"), 1);
  EXPECT_EQ(cell(3, "first_seen"), 1);
  EXPECT_EQ(cell(2, "first_seen"), 3) << "nobody can tell";
  EXPECT_EQ(group(aggregates, "till")->appeared, 0);
  EXPECT_EQ(of_node(aggregates, "processes_appeared"), 1);
  EXPECT_EQ(of_node(aggregates, "processes_gone"), 0);
  EXPECT_EQ(of_node(aggregates, "reductions_done"), 150 + 100 + 100);
}

TEST_F(GoingOn, EverybodyIsNewWhereAllIsDamaged) {
  take({{.pid = 1}});
  take({{.pid = 1}});
  damage_processes("TRUE");
  start_again();
  EXPECT_EQ(node_.snapshot, 2);
  EXPECT_EQ(node_.rows(process_table()).slots(), 0u);
  const auto aggregates = take({{.pid = 1}});
  EXPECT_EQ(cell(1, "first_seen"), 3);
  EXPECT_EQ(of_node(aggregates, "reductions_done"), 100) << "nothing is counted twice";
}

TEST_F(GoingOn, OfALifeWithoutASnapshotNothingIsTakenOver) {
  start_again();
  EXPECT_EQ(node_.snapshot, 0);
  EXPECT_EQ(node_.rows(process_table()).slots(), 0u);
}

}  // namespace
}  // namespace beamtape
