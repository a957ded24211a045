#include "tests/schema/builders.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "schema/codec/part.h"
#include "schema/model/ref.h"

namespace beamtape::test {
namespace {

// Ids of the texts and lists that cells of the story refer to.
constexpr Cell kTexts = 40;
constexpr Cell kLists = 30;

Aggregates sample_of(std::int64_t id) {
  Aggregates aggregates;
  aggregates.node = {id * 1000, missing(Missing::kDeadline), missing(Missing::kNone)};
  aggregates.groups = {{1, 5, id * 10, 0, 3, 2, 100, 1, 0}, {2, 7, 9, 1, 0, 0, 5, 0, 2}};
  aggregates.ets = {{3, 1, id, 800}};
  aggregates.ports = {{4, 2, 10, 20, 0, 64}};
  aggregates.allocators = {{5, 4096 * id, 8192 * id}};
  return aggregates;
}

List list_of(Cell id) {
  List list;
  for (Cell i = 0; i < id % 5; ++i)
    list.items.push_back(pack_pid(static_cast<std::uint32_t>(80 + i), 0));
  list.true_count = list.items.size() + (id % 7 == 0 ? 1000 : 0);
  return list;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "beamtape-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a folder left behind is not worth a failed test
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::uint8_t> lists_part(const std::vector<std::pair<Cell, List>>& lists) {
  Lists all;
  for (const auto& [id, list] : lists) all.add(id, list);
  return encode_lists(all, all.entries, 3);
}

bool is_locked_for_others(const std::string& path) {
  const pid_t other = fork();
  if (other == 0) {
    // Its SHARED range: os.h of SQLite.
    struct flock bytes {};
    bytes.l_type = F_WRLCK;
    bytes.l_whence = SEEK_SET;
    bytes.l_start = 0x4000'0002;
    bytes.l_len = 510;
    const int file = open(path.c_str(), O_RDWR);
    _exit(fcntl(file, F_GETLK, &bytes) == 0 && bytes.l_type != F_UNLCK ? 0 : 1);
  }
  int status = -1;
  waitpid(other, &status, 0);
  return status == 0;
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}
bool exists(const std::string& path) { return std::filesystem::exists(path); }

Table animals() {
  using enum Type;
  Column key{1, "pid", kRef};
  key.kind = Kind::kIdentity;
  Column reductions{3, "reductions", kInteger, Unit::kReductions, Kind::kCounter};
  Column memory{4, "memory", kInteger, Unit::kBytes};
  Column total{5, "total_heap_size", kInteger, Unit::kBytes};
  Column name{9, "name", kAtom};
  Column parent{10, "parent", kRef};
  Column links{12, "links", kList};
  links.fields = {{"to", kRef}};
  Column trap{20, "trap_exit", kBool};
  return {7,
          "animal",
          "Animals of a test",
          {key, reductions, memory, total, name, parent, links, trap}};
}

Table small_node_table() {
  return {9,
          "node",
          "The node of a test",
          {Column{1, "memory_total"}, Column{2, "atom_count"}, Column{3, "run queue \"all\""}}};
}

std::size_t RandomRows::below(std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
}

Cell RandomRows::any_cell() {
  const auto bits = std::uniform_int_distribution<std::uint64_t>()(random_);
  switch (below(6)) {
    case 0:
      return std::numeric_limits<Cell>::min() + static_cast<Cell>(bits % 70);
    case 1:
      return std::numeric_limits<Cell>::max() - static_cast<Cell>(bits % 3);
    case 2:
      return static_cast<Cell>(bits % 7) - 3;
    default:
      return static_cast<Cell>(bits >> below(64));
  }
}

Cell RandomRows::value(const Column& column) {
  if (below(20) == 0) return missing(static_cast<Missing>(below(kMissingKinds)));
  switch (column.type) {
    case Type::kBool:
      return static_cast<Cell>(below(2));
    case Type::kAtom:
    case Type::kTerm:
      return 1 + static_cast<Cell>(below(kTexts));
    case Type::kRef:
      return below(4) == 0 ? pack({Ref::Tag::kText, 1 + below(kTexts)})
                           : pack_pid(static_cast<std::uint32_t>(below(500)), 0);
    case Type::kList:
      return 1 + static_cast<Cell>(below(kLists));
    case Type::kInteger:
      break;
  }
  return static_cast<Cell>(below(1U << 20));
}

void RandomRows::fill_row(const Table& table, std::size_t row, RowGroup& rows) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    rows.columns[c].set(row, value(table.columns[c]));
  }
  next_key_ += 4 + 4 * static_cast<Cell>(below(3));
  rows.columns[0].set(row, next_key_);
}

RowGroup RandomRows::rows(const Table& table, std::size_t count) {
  RowGroup rows;
  rows.grow(table.columns.size(), count);
  for (std::size_t r = 0; r < count; ++r) {
    if (below(10) != 0) fill_row(table, r, rows);
  }
  return rows;
}

void RandomRows::change(const Table& table, double share, RowGroup& rows) {
  for (std::size_t r = 0; r < rows.rows; ++r) {
    if (std::uniform_real_distribution<>()(random_) >= share) continue;
    switch (below(20)) {
      case 0:
        for (auto& column : rows.columns) column.set(r, missing(Missing::kNone));
        break;
      case 1:
        fill_row(table, r, rows);
        break;
      default: {
        const auto column = 1 + below(table.columns.size() - 1);
        const Cell cell = rows.columns[column][r];
        const bool counts = table.columns[column].type == Type::kInteger && !is_missing(cell);
        rows.columns[column].set(
            r, counts ? cell + static_cast<Cell>(below(50)) : value(table.columns[column]));
      }
    }
  }
}

Writer::Options RecordingStory::options() {
  Writer::Options options;
  options.recorder_version = "test";
  options.tables = {test::animals(), small_node_table()};
  return options;
}

RecordingStory::RecordingStory(std::string path, const RecordingPlan& plan)
    : plan_(plan), random_(plan.seed) {
  auto with_bounds = options();
  with_bounds.max_bytes = plan.max_bytes;
  with_bounds.keep_us = plan.keep_us;
  auto writer = Writer::create(path, with_bounds);
  if (!writer) {
    ADD_FAILURE() << writer.error().message;
    return;
  }
  writer_ = std::move(*writer);
  NodeRecord node{
      0, "zoo@here", 7, 1'700'000'000'000'000, {{"otp_release", "25"}}, {{"kernel", "8.5", 4}}};
  EXPECT_TRUE(writer_->add_node(node));
  EXPECT_TRUE(writer_->add_note({5, "begun"}));
  EXPECT_TRUE(writer_->add_gap({1, 10, 20, "node down"}));
}

void RecordingStory::put_dictionary() {
  for (Cell id = 1; id <= kTexts; ++id) {
    EXPECT_TRUE(writer_->put_text(id, "text " + std::to_string(id)));
  }
  for (Cell id = kLists; id >= 1; --id) EXPECT_TRUE(writer_->put_list(id, list_of(id)));
}

void RecordingStory::write_snapshot() {
  const auto id = ++last_;
  const bool keyframe = begins_ || (id - 1) % plan_.keyframe_every == 0;
  begins_ = false;
  if (keyframe) epoch_ = id;
  const auto begun = writer_->begin(id, epoch_, 1);
  ASSERT_TRUE(begun) << begun.error().message;
  if (keyframe) put_dictionary();
  const auto groups = (plan_.slots + kRowsPerGroup - 1) / kRowsPerGroup;
  for (std::size_t g = 0; g < groups; ++g) {
    if (now_.groups.size() <= g) {
      now_.groups.push_back(
          random_.rows(table_, std::min(kRowsPerGroup, plan_.slots - g * kRowsPerGroup)));
    } else {
      if (random_.below(5) == 0) continue;  // did not change, is not put
      auto& rows = now_.groups[g];
      random_.change(table_, plan_.share, rows);
      if (rows.rows < kRowsPerGroup) rows.grow(table_.columns.size(), rows.rows + random_.below(2));
    }
    auto copy = now_.groups[g];
    const auto put = writer_->put_rows(table_, g, std::move(copy));
    ASSERT_TRUE(put) << put.error().message;
  }
  Expectation told{{}, now_, sample_of(id)};
  told.record = {id,
                 1,
                 epoch_,
                 1'700'000'000'000'000 + id * 1'000'000,
                 1'700'000'000'000'000 + id * 1'000'000 + 2000,
                 id * 1'000'000,
                 1'000'000,
                 333,
                 444,
                 5,
                 2,
                 1,
                 0,
                 id == 1,
                 id == 2 ? "ets: no answer" : ""};
  ASSERT_TRUE(writer_->put_aggregates(told.aggregates));
  const auto bytes = writer_->commit(told.record);
  ASSERT_TRUE(bytes) << bytes.error().message;
  told_.push_back(std::move(told));
}

void RecordingStory::write_all() {
  while (last_ < plan_.snapshots) {
    write_snapshot();
    if (testing::Test::HasFatalFailure()) return;
  }
}

void RecordingStory::append_anew(const std::string& path) {
  writer_.reset();
  auto with_bounds = options();
  with_bounds.max_bytes = plan_.max_bytes;
  with_bounds.keep_us = plan_.keep_us;
  auto writer = Writer::append(path, with_bounds);
  ASSERT_TRUE(writer) << writer.error().message;
  writer_ = std::move(*writer);
  EXPECT_EQ(writer_->last_snapshot(), last_);
  begins_ = true;
  now_ = {};
}

void RecordingStory::drop_to(std::int64_t snapshot) {
  std::erase_if(told_, [&](const Expectation& one) { return one.record.id <= snapshot; });
}

void RecordingStory::close() {
  const auto closed = writer_->close();
  EXPECT_TRUE(closed) << closed.error().message;
}

namespace {

// Of each row that is another than before it was told that it is.
void expect_changes_told(const TableData& before, const TableData& now) {
  if (now.changed.empty()) return;
  ASSERT_EQ(now.changed.size(), now.groups.size());
  for (std::size_t slot = 0; slot < now.slots(); ++slot) {
    const auto& told = now.changed[slot / kRowsPerGroup];
    const auto row = static_cast<std::uint16_t>(slot % kRowsPerGroup);
    const auto& columns = now.groups[slot / kRowsPerGroup].columns;
    for (std::size_t c = 0; c < columns.size() && !told.all; ++c) {
      const Cell old = slot < before.slots() ? before.at(slot, c) : missing(Missing::kNone);
      if (now.at(slot, c) == old) continue;
      EXPECT_NE(std::find(told.rows.begin(), told.rows.end(), row), told.rows.end()) << slot;
    }
  }
}

}  // namespace

void expect_whole_but_for_texts(const std::string& path, bool many) {
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto damage = (*reader)->check({});
  ASSERT_TRUE(damage) << damage.error().message;
  for (const Damage& one : *damage) {
    EXPECT_TRUE(one.what.ends_with("is not there") || (many && one.what.ends_with(" more")))
        << one.what;
  }
}

void expect_same(Reader& reader, const std::vector<Expectation>& told) {
  ASSERT_EQ(reader.snapshots().size(), told.size());
  const Table* table = reader.table("animal");
  ASSERT_NE(table, nullptr);
  TableData stepped;
  for (const auto& expected : told) {
    std::vector<Damage> damage;
    const auto id = expected.record.id;
    const auto rows = reader.rows(*table, id, &damage);
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->groups, expected.animals.groups) << "snapshot " << id;
    const TableData before = stepped;
    ASSERT_TRUE(reader.step(*table, id, stepped, &damage));
    expect_changes_told(before, stepped);
    EXPECT_EQ(stepped.groups, expected.animals.groups) << "stepped to " << id;
    EXPECT_TRUE(damage.empty());
  }
}

}  // namespace beamtape::test
