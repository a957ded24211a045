#include <gtest/gtest.h>

#include "recorder/collect/cells.h"
#include "recorder/collect/row_reader.h"
#include "recorder/term/builder.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

constexpr Cell kNone = missing(Missing::kNone);
constexpr Cell kBad = missing(Missing::kBadAnswer);

class CellsTest : public ::testing::Test {
 protected:
  Cell read(const TermBuilder& term, const Column& column) {
    Cursor cursor(term.bytes());
    const Cell cell = Cells(interner_, facts_).read(cursor, column);
    EXPECT_TRUE(cursor.at_end()) << "a reader consumes exactly one term";
    return cell;
  }
  std::string text(Cell cell) { return std::string(interner_.text_of(cell)); }
  const Column& process(std::string_view name) {
    return process_table().columns[process_table().index_of(name)];
  }

  Interner interner_;
  NodeFacts facts_{.name = "shop@host", .creation = 3};
};

TEST_F(CellsTest, TurnWordsIntoBytes) {
  EXPECT_EQ(read(TermBuilder().integer(233), process("heap_size")), 233 * 8);
  EXPECT_EQ(read(TermBuilder().integer(2728), process("memory")), 2728);
}

TEST_F(CellsTest, NeverTakeANumberForAReason) {
  EXPECT_EQ(read(TermBuilder().integer(INT64_MIN), process("memory")), kLowestValue);
  EXPECT_EQ(read(TermBuilder().integer(INT64_MAX), process("heap_size")), INT64_MAX);
}

TEST_F(CellsTest, ReadUndefinedAsNoneAndNonsenseAsUnreadable) {
  EXPECT_EQ(read(TermBuilder().atom("undefined"), process("memory")), kNone);
  EXPECT_EQ(read(TermBuilder().atom("banana"), process("memory")), kBad);
  EXPECT_EQ(read(TermBuilder().tuple(1).integer(1), process("trap_exit")), kBad);
  EXPECT_EQ(read(TermBuilder().integer(1), process("links")), kBad);
}

TEST_F(CellsTest, KeepOwnPidsPackedAndOthersAsText) {
  EXPECT_EQ(read(TermBuilder().pid("shop@host", 123, 4, 3), process("parent")), pack_pid(123, 4));
  const Ref other = unpack(read(TermBuilder().pid("db@far", 9, 0, 1), process("parent")));
  EXPECT_EQ(other.tag, Ref::Tag::kText);
  EXPECT_EQ(text(static_cast<Cell>(other.value)), "<db@far.9.0>");
}

TEST_F(CellsTest, WriteCallablesAsErlangDoes) {
  const auto call = TermBuilder().tuple(3).atom("Elixir.Shop.Cart").atom("init").integer(1);
  EXPECT_EQ(text(read(call, process("initial_call"))), "'Elixir.Shop.Cart':init/1");
}

TEST_F(CellsTest, UnwrapWhatIsMonitored) {
  TermBuilder monitors;
  monitors.list(2);
  monitors.tuple(2).atom("process").pid("shop@host", 7, 0, 3);
  monitors.tuple(2).atom("process").tuple(2).atom("db").atom("db@far");
  monitors.nil();
  const List& list = interner_.list_of(read(monitors, process("monitors")));
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0], pack_pid(7, 0));
  EXPECT_EQ(text(static_cast<Cell>(unpack(list.items[1]).value)), "{db,db@far}");
}

TEST_F(CellsTest, KeepTheTrueCountOfAListThatTheNodeHasCut) {
  TermBuilder links;
  links.tuple(3).atom("cut").integer(200000).list(1).pid("shop@host", 7, 0, 3).nil();
  const List& list = interner_.list_of(read(links, process("links")));
  EXPECT_EQ(list.true_count, 200000u);
  EXPECT_EQ(list.items.size(), 1u);
}

TEST_F(CellsTest, CutAListThatTheNodeHasNot) {
  TermBuilder links;
  links.list(5000);
  for (std::uint32_t id = 0; id < 5000; ++id) links.pid("shop@host", id, 0, 3);
  links.nil();
  const List& list = interner_.list_of(read(links, process("links")));
  EXPECT_EQ(list.true_count, 5000u);
  EXPECT_EQ(list.items.size(), kMaxListElements);
}

TEST_F(CellsTest, ReadStackFramesWithAndWithoutALine) {
  TermBuilder stack;
  stack.list(2);
  stack.tuple(4).atom("gen").atom("do_call").integer(4).list(2);
  stack.tuple(2).atom("file").string("gen.erl").tuple(2).atom("line").integer(237).nil();
  stack.tuple(4).atom("erlang").atom("hibernate").integer(3).nil();
  stack.nil();
  const List& list = interner_.list_of(read(stack, process("current_stacktrace")));
  ASSERT_EQ(list.items.size(), 6u);
  EXPECT_EQ(text(list.items[0]), "gen:do_call/4");
  EXPECT_EQ(text(list.items[1]), "gen.erl");
  EXPECT_EQ(list.items[2], 237);
  EXPECT_EQ(text(list.items[3]), "erlang:hibernate/3");
  EXPECT_EQ(list.items[4], kNone);
  EXPECT_EQ(list.items[5], kNone);
}

TEST_F(CellsTest, WriteSocketAddressesAsPeopleDo) {
  const Column& peer = port_table().columns[port_table().index_of("peername")];
  TermBuilder v4;
  v4.tuple(2).atom("ok").tuple(2).tuple(4).integer(127).integer(0).integer(0).integer(1);
  v4.integer(5672);
  EXPECT_EQ(text(read(v4, peer)), "127.0.0.1:5672");
  TermBuilder v6;
  v6.tuple(2).atom("ok").tuple(2).tuple(8);
  for (int at = 0; at < 7; ++at) v6.integer(0);
  v6.integer(1).integer(80);
  EXPECT_EQ(text(read(v6, peer)), "[0:0:0:0:0:0:0:1]:80");
  EXPECT_EQ(read(TermBuilder().tuple(2).atom("error").atom("enotconn"), peer), kNone);
}

TEST_F(CellsTest, RowReaderFollowsPathsInAnyOrderAndPassesOverTheRest) {
  RowReader reader(process_table(), [](const Column& column) {
    return column.name == "memory" || column.name == "minor_gcs" || column.name == "max_heap_size";
  });
  EXPECT_EQ(reader.items(), (std::vector<std::string>{"memory", "garbage_collection"}));
  TermBuilder answer;
  answer.list(3);
  answer.tuple(2).atom("garbage_collection").list(2);
  answer.tuple(2).atom("max_heap_size").map(2).atom("kill").boolean(true).atom("size").integer(10);
  answer.tuple(2).atom("minor_gcs").integer(5).nil();
  answer.tuple(2).atom("something_new").list(1).integer(1).nil();
  answer.tuple(2).atom("memory").integer(2728).nil();
  std::vector<Cell> row(process_table().columns.size());
  Cursor cursor(answer.bytes());
  Cells cells(interner_, facts_);
  ASSERT_TRUE(reader.read(cursor, cells, row));
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(row[process_table().index_of("memory")], 2728);
  EXPECT_EQ(row[process_table().index_of("minor_gcs")], 5);
  EXPECT_EQ(row[process_table().index_of("max_heap_size")], 80);
}

// The next answer is first taken to look like the last one.
TEST_F(CellsTest, RowReaderReadsAnswersOfChangingShapes) {
  RowReader reader(process_table(), [](const Column& column) {
    return column.name == "memory" || column.name == "minor_gcs" || column.name == "status";
  });
  const auto pair = [](TermBuilder& answer, const char* key) -> TermBuilder& {
    return answer.tuple(2).atom(key);
  };
  const auto whole = [&](std::int64_t memory, std::int64_t gcs, const char* status) {
    TermBuilder answer;
    answer.list(3);
    pair(answer, "memory").integer(memory);
    pair(answer, "garbage_collection").list(2);
    pair(answer, "other").list(1).integer(memory).nil();
    pair(answer, "minor_gcs").integer(gcs).nil();
    pair(answer, "status").atom(status).nil();
    return answer.take();
  };
  TermBuilder without;
  pair(without.list(2), "status").atom("exiting");
  pair(without, "memory").integer(70'000).nil();
  TermBuilder odd;
  odd.list(2).integer(300);
  pair(odd, "memory").integer(5).nil();
  std::vector<std::vector<std::uint8_t>> answers{whole(10, 1, "waiting"),
                                                 whole(70'000, 2, "waiting"),
                                                 without.take(),
                                                 whole(1LL << 40, 300, "running"),
                                                 odd.take(),
                                                 whole(3, 4, "waiting")};
  const Cell none = missing(Missing::kNotRecorded);
  const std::vector<std::array<Cell, 2>> told{{10, 1},          {70'000, 2}, {70'000, none},
                                              {1LL << 40, 300}, {5, none},   {3, 4}};
  const std::vector<std::string> statuses{"waiting", "waiting", "exiting",
                                          "running", "",        "waiting"};
  Cells cells(interner_, facts_);
  std::vector<Cell> row(process_table().columns.size());
  for (int round = 0; round < 2; ++round) {
    for (std::size_t at = 0; at < answers.size(); ++at) {
      Cursor cursor(answers[at]);
      ASSERT_TRUE(reader.read(cursor, cells, row)) << at;
      EXPECT_TRUE(cursor.at_end()) << at;
      EXPECT_EQ(row[process_table().index_of("memory")], told[at][0]) << at;
      EXPECT_EQ(row[process_table().index_of("minor_gcs")], told[at][1]) << at;
      const Cell status = row[process_table().index_of("status")];
      EXPECT_EQ(is_missing(status) ? "" : text(status), statuses[at]) << at;
    }
  }
  for (std::size_t size = 0; size < answers[0].size(); ++size) {
    Cursor cut(std::span<const std::uint8_t>(answers[0].data(), size));
    EXPECT_FALSE(reader.read(cut, cells, row)) << size;
  }
}

// What the value of an item does not have is not what the process before had.
TEST_F(CellsTest, RowReaderKeepsNothingOfTheValuesBefore) {
  RowReader reader(process_table(), [](const Column& column) {
    return column.name == "memory" || column.name == "minor_gcs";
  });
  TermBuilder values;
  values.list(4).integer(10).list(1).tuple(2).atom("minor_gcs").integer(7).nil();
  values.integer(20).list(1).tuple(2).atom("other").integer(1).nil().nil();
  const auto bytes = values.take();
  Cursor cursor(bytes);
  ListReader list(cursor);
  Cells cells(interner_, facts_);
  std::vector<Cell> row(process_table().columns.size());
  ASSERT_TRUE(reader.read_values(list, cursor, cells, row));
  EXPECT_EQ(row[process_table().index_of("minor_gcs")], 7);
  ASSERT_TRUE(reader.read_values(list, cursor, cells, row));
  EXPECT_EQ(row[process_table().index_of("memory")], 20);
  EXPECT_EQ(row[process_table().index_of("minor_gcs")], missing(Missing::kNotRecorded));
  EXPECT_FALSE(reader.read_values(list, cursor, cells, row)) << "there are no more";
}

TEST_F(CellsTest, RowReaderSaysWhatTheAnswerDoesNotHave) {
  RowReader reader(process_table(), [](const Column& column) { return column.name == "memory"; });
  std::vector<Cell> row(process_table().columns.size());
  Cells cells(interner_, facts_);
  const auto nothing = TermBuilder().nil();
  Cursor empty(nothing.bytes());
  EXPECT_TRUE(reader.read(empty, cells, row));
  EXPECT_EQ(row[process_table().index_of("memory")], missing(Missing::kNotRecorded));
  const auto number = TermBuilder().integer(1);
  Cursor wrong(number.bytes());
  EXPECT_FALSE(reader.read(wrong, cells, row));
  EXPECT_EQ(row[process_table().index_of("memory")], kBad);
}

}  // namespace
}  // namespace beamtape
