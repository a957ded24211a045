// Every ETS table by ets:info/1, and of a few large ones who holds them fixed and which binaries
// their rows keep alive. No row is read.

#include <algorithm>

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"
#include "recorder/term/builder.h"

namespace beamtape {
namespace {

const Question kEts{
    .name = "ets",
    .keys = "ets:all()",
    .answer = "lists:map(fun ets:info/1, Part)",
    .chunk = 500,
};

// {Table, Fixed, Binaries}: Fixed is a list of {Pid, Count}; Binaries is {Count, Bytes}, each
// binary once, or undefined for a table with more rows than this (reading 3 000 000 rows takes 1.5
// s).
const Question kEtsSuspects{
    .name = "ets_suspects",
    .keys = "Given",
    .answer =
        "[{Table,"
        "  case ets:info(Table, safe_fixed_monotonic_time) of {_, Pids} -> Pids; _ -> [] end,"
        "  case ets:info(Table, size) of"
        "    Size when is_integer(Size), Size =< 100000 ->"
        "      Binaries = lists:ukeysort(1, ets:info(Table, binary)),"
        "      {length(Binaries), lists:sum(lists:map(fun(B) -> element(2, B) end, Binaries))};"
        "    _ -> undefined end} || Table <- Part]",
    .chunk = 1,
};

constexpr std::size_t kSuspectCount = 16;
constexpr std::int64_t kTurns = 8;  // all suspects have been read after so many snapshots
// Snapshots until a table is read again whose rows could not be gone through within the deadline.
constexpr std::int64_t kDearTurns = 64;

class EtsTables : public ListedTable {
 public:
  EtsTables()
      : ListedTable(ets_table(), kEts),
        memory_(ets_table().index_of("memory")),
        suspect_at_(ets_table().index_of("suspect_at")),
        safe_fixed_(ets_table().index_of("safe_fixed")),
        binary_count_(ets_table().index_of("binary_count")),
        binary_size_(ets_table().index_of("binary_size")) {}

  std::vector<std::pair<const Question*, Bytes>> questions(const RecordedNode&) const override {
    return {{&kEts, {}}, {&kEtsSuspects, {}}};
  }

  void begin(RecordedNode& node, Inquiry& inquiry) override {
    largest_.clear();
    ask_suspects_ = false;
    ListedTable::begin(node, inquiry);
  }

  std::size_t answer(const Answer& answer, RecordedNode& node) override {
    if (answer.question == &kEts) return ListedTable::answer(answer, node);
    if (answer.outcome == Answer::Outcome::kOk) return read_suspects(answer, node);
    suspects_missed(answer, node);
    return 0;
  }

  void over(const Question& question, Missing reason, RecordedNode& node) override {
    if (&question != &kEts) return;
    ListedTable::over(question, reason, node);
    ask_suspects_ = reason == Missing::kNone;
  }

  void follow_up(RecordedNode& node, Inquiry& inquiry) override {
    if (!ask_suspects_) return;
    ask_suspects_ = false;
    std::vector<Bytes> chosen;
    for (const Large& large : largest_) {
      const Rows& rows = node.rows(ets_table());
      const Cell read_at = rows.get(large.slot, suspect_at_);
      const bool dear = rows.get(large.slot, binary_count_) == missing(Missing::kDeadline);
      if (!is_missing(read_at) && node.snapshot - read_at < (dear ? kDearTurns : kTurns)) continue;
      chosen.push_back(large.id);
      if (chosen.size() == kSuspectCount / kTurns) break;
    }
    if (chosen.empty()) return;
    TermBuilder given;
    given.list(static_cast<std::uint32_t>(chosen.size()));
    for (const Bytes& id : chosen) given.raw(id);
    given.nil();
    inquiry.ask(kEtsSuspects, given.take());
  }

 private:
  struct Large {
    Cell memory;
    std::size_t slot;
    Bytes id;  // as the node encoded it, to ask again
  };

  std::size_t read_chunk(Cursor& cursor, RecordedNode& node) override {
    Cells cells = node.cells();
    ListReader infos(cursor);
    std::size_t count = 0;
    while (infos.next()) {
      if (cursor.take_atom("undefined")) continue;  // deleted since it was listed
      Cursor whole = cursor;
      if (!reader().read(cursor, cells, row_)) continue;
      const auto id = table_id(whole);
      if (id.empty()) continue;
      Cursor id_cursor(id);
      const std::size_t slot = store(cells.term(id_cursor), node);
      ++count;
      remember(row_[memory_], slot, id);
    }
    return count;
  }

  // The value of {id, Id} in the answer of ets:info/1.
  static std::span<const std::uint8_t> table_id(Cursor cursor) {
    std::span<const std::uint8_t> id;
    ListReader items(cursor);
    while (items.next()) {
      if (!cursor.tuple(2)) {
        cursor.skip();
      } else if (cursor.take_atom("id")) {
        id = cursor.raw();
      } else {
        cursor.skip();
        cursor.skip();
      }
    }
    return cursor.ok() ? id : std::span<const std::uint8_t>();
  }

  // Keeps the largest tables of this snapshot, descending.
  void remember(Cell memory, std::size_t slot, std::span<const std::uint8_t> id) {
    if (is_missing(memory)) return;
    if (largest_.size() == kSuspectCount && memory <= largest_.back().memory) return;
    const auto at = std::find_if(largest_.begin(), largest_.end(),
                                 [&](const Large& other) { return other.memory < memory; });
    largest_.insert(at, Large{memory, slot, Bytes(id.begin(), id.end())});
    if (largest_.size() > kSuspectCount) largest_.pop_back();
  }

  std::size_t read_suspects(const Answer& answer, RecordedNode& node) {
    Cursor cursor = answer.payload();
    Cells cells = node.cells();
    Rows& rows = node.rows(ets_table());
    ListReader tables(cursor);
    std::size_t count = 0;
    while (tables.next()) {
      if (!cursor.tuple(3)) {
        cursor.skip();
        continue;
      }
      const auto slot = rows.find(cells.term(cursor));
      const Cell fixed = cells.read(cursor, ets_table().columns[safe_fixed_]);
      Cell binaries = missing(Missing::kLongList);
      Cell bytes = missing(Missing::kLongList);
      if (cursor.tuple(2)) {
        binaries = cells.read(cursor, ets_table().columns[binary_count_]);
        bytes = cells.read(cursor, ets_table().columns[binary_size_]);
      } else {
        cursor.skip();
      }
      ++count;
      if (!slot) continue;
      rows.set(*slot, safe_fixed_, fixed);
      rows.set(*slot, binary_count_, binaries);
      rows.set(*slot, binary_size_, bytes);
      rows.set(*slot, suspect_at_, node.snapshot);
    }
    return count;
  }

  void suspects_missed(const Answer& answer, RecordedNode& node) {
    const bool deadline = answer.outcome == Answer::Outcome::kDeadline;
    const Cell why = missing(deadline ? Missing::kDeadline : Missing::kBadAnswer);
    Cursor cursor = answer.payload();
    Cells cells = node.cells();
    Rows& rows = node.rows(ets_table());
    ListReader tables(cursor);
    while (tables.next()) {
      const auto slot = rows.find(cells.term(cursor));
      if (!slot) continue;
      for (const std::size_t column : {safe_fixed_, binary_count_, binary_size_}) {
        rows.set(*slot, column, why);
      }
      rows.set(*slot, suspect_at_, node.snapshot);
    }
  }

  const std::size_t memory_, suspect_at_, safe_fixed_, binary_count_, binary_size_;
  std::vector<Large> largest_;
  bool ask_suspects_ = false;
};

}  // namespace

std::unique_ptr<Collector> ets_tables() { return std::make_unique<EtsTables>(); }

}  // namespace beamtape
