// Damaged bytes, in parts and in files: no crash, no over-read, what is whole still reads, and
// what is not is named. Run it with the sanitizers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "schema/codec/part.h"
#include "schema/store/sqlite.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A keyframe, a difference and lists of small rows.
struct Parts {
  Table table = animals();
  RowGroup before = RandomRows(2).rows(animals(), 30);
  std::vector<std::uint8_t> keyframe, difference, lists;
  Parts() {
    auto now = before;
    RandomRows(3).change(table, 0.6, now);
    keyframe = encode_keyframe(table, before, 3);
    difference = encode_difference(table, before, now, 3);
    lists = lists_part({{1, {2, {3, 4}}}, {5, {9, {1, 2, 3}}}});
  }
  void read(const std::vector<std::uint8_t>& part) const {
    auto rows = before;
    static_cast<void>(decode_part(table, part, rows));  // anything but a crash will do
    static_cast<void>(decode_lists(part));
  }
};

TEST(DamagedPart, NeverCrashesWhereOneByteIsAnother) {
  const Parts parts;
  for (const auto* part : {&parts.keyframe, &parts.difference, &parts.lists}) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      for (int flip = 1; flip < 256; ++flip) {
        auto damaged = *part;
        damaged[i] ^= static_cast<std::uint8_t>(flip);
        parts.read(damaged);
      }
    }
  }
}

TEST(DamagedPart, IsRefusedWhereItIsCutShort) {
  const Parts parts;
  for (const auto* part : {&parts.keyframe, &parts.difference}) {
    for (std::size_t size = 0; size < part->size(); ++size) {
      auto rows = parts.before;
      EXPECT_FALSE(decode_part(parts.table, std::span(*part).first(size), rows)) << size;
    }
  }
  for (std::size_t size = 0; size < parts.lists.size(); ++size) {
    EXPECT_FALSE(decode_lists(std::span(parts.lists).first(size)));
  }
}

// Bodies that zstd does not protect: the grammar alone must hold.
TEST(DamagedPart, NeverCrashesOnAnyBody) {
  const Parts parts;
  std::mt19937 random(5);
  for (int i = 0; i < 200'000; ++i) {
    std::vector<std::uint8_t> part{1, static_cast<std::uint8_t>(random() % 3)};
    if (part[1] == 1) part.insert(part.end(), {30, 30});
    for (auto n = random() % 40; n > 0; --n) {
      part.push_back(static_cast<std::uint8_t>(random() % (random() % 4 == 0 ? 256 : 8)));
    }
    parts.read(part);
  }
}

class DamagedFile : public testing::Test {
 protected:
  DamagedFile() : story_(path_, {.slots = 2 * kRowsPerGroup, .snapshots = 6, .share = 0.01}) {
    story_.write_all();
    story_.close();
  }
  void sql(const std::string& statement) {
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->exec(statement);
    EXPECT_TRUE(done) << done.error().message;
  }
  std::vector<Damage> check() {
    auto reader = Reader::open(path_);
    EXPECT_TRUE(reader) << reader.error().message;
    auto damage = (*reader)->check({});
    EXPECT_TRUE(damage);
    return damage ? *damage : std::vector<Damage>{};
  }
  // Uses everything a reader has; true if it opened.
  bool read_everything(const std::string& path) {
    auto opened = Reader::open(path);
    if (!opened) {
      EXPECT_THAT(opened.error().message, HasSubstr("cannot "));
      return false;
    }
    auto& reader = **opened;
    std::vector<Damage> damage;
    for (const auto& table : reader.tables()) {
      for (const auto& snapshot : reader.snapshots()) {
        static_cast<void>(reader.rows(table, snapshot.id, &damage));
      }
      static_cast<void>(reader.history(
          table, 0, 0, 100, [](const auto&, const auto&) { return true; }, &damage));
    }
    for (Cell id = 0; id < 50; ++id) {
      static_cast<void>(reader.text(1, id));
      static_cast<void>(reader.list(1, id));
    }
    static_cast<void>(reader.aggregates(0, 100, [](const auto&, const auto&) { return true; }));
    static_cast<void>(reader.check({}));
    return true;
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.file("zoo.beamtape");
  RecordingStory story_;
};

TEST_F(DamagedFile, NamesAPartWhoseBytesChanged) {
  // The last byte of the blob belongs to the second row group.
  sql("UPDATE part SET data = substr(data, 1, length(data) - 1) || x'00' WHERE key = 2 * 256 + 7");
  auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  std::vector<Damage> damage;
  const auto rows = (*reader)->rows(*(*reader)->table("animal"), 3, &damage);
  ASSERT_TRUE(rows);
  ASSERT_EQ(damage.size(), 1U);
  EXPECT_EQ(damage[0].snapshot, 2);
  EXPECT_EQ(damage[0].what, "animal 4096-8191: checksum does not match");
  EXPECT_EQ(rows->groups[0], story_.told()[2].animals.groups[0]);
  EXPECT_TRUE(rows->groups[1].damaged);
  EXPECT_FALSE(rows->occupied(5000));
  // The next keyframe has all of it again.
  EXPECT_EQ((*reader)->rows(*(*reader)->table("animal"), 5, nullptr)->groups,
            story_.told()[4].animals.groups);
  EXPECT_THAT(check(), Contains(Field(&Damage::what, HasSubstr("animal 4096-8191"))));
}

TEST_F(DamagedFile, NoticesPartsThatChangedPlaces) {
  sql("UPDATE part SET key = 100 WHERE key = 2 * 256 + 7;"
      "UPDATE part SET key = 2 * 256 + 7 WHERE key = 3 * 256 + 7;"
      "UPDATE part SET key = 3 * 256 + 7 WHERE key = 100");
  const auto damage = check();
  for (const std::int64_t snapshot : {2, 3}) {
    EXPECT_THAT(damage, Contains(AllOf(Field(&Damage::snapshot, snapshot),
                                       Field(&Damage::what, HasSubstr("animal")))));
  }
}

TEST_F(DamagedFile, NoticesAPartThatIsNotThere) {
  sql("DELETE FROM part WHERE key = 3 * 256 + 7");
  EXPECT_THAT(check(), Contains(AllOf(Field(&Damage::snapshot, 3),
                                      Field(&Damage::what, "animal: not there"))));
}

TEST_F(DamagedFile, NoticesASnapshotThatIsNotThere) {
  sql("DELETE FROM snapshot WHERE id = 3");
  EXPECT_THAT(check(), Contains(Field(&Damage::what, "snapshots 3 to 3 are not there")));
  auto reader = Reader::open(path_);
  std::vector<Damage> damage;
  const auto rows = (*reader)->rows(*(*reader)->table("animal"), 4, &damage);
  EXPECT_THAT(damage, Not(IsEmpty()));
  EXPECT_TRUE(rows->groups[0].damaged);
}

TEST_F(DamagedFile, NoticesTextsThatAreNotThere) {
  sql("DELETE FROM text WHERE epoch = 5 AND id = 7");
  const auto damage = check();
  EXPECT_THAT(damage, Contains(Field(&Damage::what, HasSubstr("text 7 is not there"))));
  EXPECT_THAT(damage, Contains(Field(&Damage::what, HasSubstr("texts since snapshot 5"))));
}

TEST_F(DamagedFile, NoticesListsThatAreNotThere) {
  sql("DELETE FROM part WHERE key = 5 * 256 + 255");
  EXPECT_THAT(check(), Contains(Field(&Damage::what, HasSubstr("list"))));
}

TEST_F(DamagedFile, NoticesPlainRowsThatChanged) {
  for (const char* change :
       {"UPDATE group_sample SET memory = memory + 1 WHERE snapshot = 3",
        "UPDATE node_sample SET memory_total = 1 WHERE snapshot = 3",
        "UPDATE node_sample SET not_read = '' WHERE snapshot = 4",
        "DELETE FROM node_sample WHERE snapshot = 5", "DELETE FROM ets_sample WHERE snapshot = 6",
        "UPDATE snapshot SET processes = 6 WHERE id = 2",
        "UPDATE text SET text = 'other' WHERE epoch = 5 AND id = 3", "UPDATE node SET name = 'x'",
        "UPDATE node_fact SET value = 'x'", "DELETE FROM application", "UPDATE note SET text = 'x'",
        "UPDATE gap SET reason = 'x'", "UPDATE tbl SET sentence = 'x'",
        "UPDATE col SET unit = 0 WHERE unit = 1", "UPDATE col SET name = 'memorx' WHERE id = 4",
        "UPDATE col SET position = 9 WHERE id = 20"}) {
    const auto whole = read_file(path_);
    sql(change);
    EXPECT_THAT(check(), testing::SizeIs(1)) << change;
    write_file(path_, whole);
  }
}

// Not only by check(): whoever reads them is told, and gets nothing that was not recorded.
TEST_F(DamagedFile, ShowsNoPlainRowThatChanged) {
  const auto whole = read_file(path_);
  const auto changed = [&](const char* change) {
    write_file(path_, whole);
    sql(change);
    auto reader = Reader::open(path_);
    EXPECT_TRUE(reader);
    return std::move(*reader);
  };
  const auto told = [](const Reader& reader, std::int64_t snapshot, const char* what) {
    return testing::Value(reader.met(),
                          testing::ElementsAre(AllOf(Field(&Damage::snapshot, snapshot),
                                                     Field(&Damage::what, HasSubstr(what)))));
  };
  for (const char* change :
       {"UPDATE node SET name = 'x'", "UPDATE node_fact SET value = 'x'", "DELETE FROM application",
        "UPDATE note SET text = 'x'", "UPDATE gap SET reason = 'x'",
        "UPDATE col SET name = 'memorx' WHERE id = 4"}) {
    EXPECT_TRUE(told(*changed(change), 0, "checksum")) << change;
  }
  auto reader = changed("UPDATE snapshot SET processes = 6 WHERE id = 2");
  EXPECT_TRUE(told(*reader, 2, "its own row"));
  EXPECT_TRUE(reader->snapshots()[1].damaged);
  EXPECT_FALSE(reader->snapshots()[2].damaged);

  reader = changed("UPDATE node_sample SET memory_total = 1 WHERE snapshot = 3");
  std::vector<std::vector<Cell>> rows;
  ASSERT_TRUE(reader->node_rows(2, 4, [&](const SnapshotRecord&, const std::vector<Cell>& cells) {
    rows.push_back(cells);
    return true;
  }));
  EXPECT_TRUE(told(*reader, 3, "node_sample"));
  EXPECT_EQ(rows[0], story_.told()[1].aggregates.node);
  EXPECT_THAT(rows[1], testing::Each(missing(Missing::kBadAnswer)));

  reader = changed("UPDATE group_sample SET memory = memory + 1 WHERE snapshot = 3");
  ASSERT_TRUE(reader->aggregates(2, 4, [&](const SnapshotRecord& record, const Aggregates& all) {
    EXPECT_EQ(all.groups.empty(), record.id == 3);
    return true;
  }));
  EXPECT_TRUE(told(*reader, 3, "plain rows"));

  reader = changed("UPDATE text SET text = 'other' WHERE epoch = 5 AND id = 3");
  EXPECT_TRUE(reader->text(1, 3));
  EXPECT_FALSE(reader->text(5, 3));
  EXPECT_TRUE(told(*reader, 5, "texts"));
}

// Rows of a file that an earlier version began have no checksum of their own.
TEST_F(DamagedFile, OfAnEarlierFormatSumsAreNoticedTogether) {
  sql("UPDATE snapshot SET checksum = NULL; UPDATE node_sample SET checksum = NULL;"
      "UPDATE text SET checksum = NULL");
  EXPECT_THAT(check(), IsEmpty());
  sql("UPDATE node_sample SET memory_total = 1 WHERE snapshot = 3");
  auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->aggregates(3, 3, [&](const SnapshotRecord&, const Aggregates& all) {
    EXPECT_THAT(all.node, testing::Each(missing(Missing::kBadAnswer)));
    EXPECT_TRUE(all.groups.empty());
    return true;
  }));
  EXPECT_THAT((*reader)->met(), testing::SizeIs(1));
}

TEST_F(DamagedFile, IsReadAsFarAsItGoesWhenCutShort) {
  const auto whole = read_file(path_);
  std::size_t opened = 0;
  for (std::size_t i = 1; i <= 60; ++i) {
    auto cut = whole;
    cut.resize(whole.size() * i / 61);
    write_file(path_, cut);
    opened += read_everything(path_) ? 1 : 0;
  }
  EXPECT_GE(opened, 30U);
}

TEST_F(DamagedFile, SaysThatItWasCutShort) {
  auto cut = read_file(path_);
  cut.resize(cut.size() - 8192);
  write_file(path_, cut);
  auto reader = Reader::open(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_THAT((*reader)->remarks(), Contains(HasSubstr("cut short")));
  EXPECT_THAT(check(), Not(IsEmpty()));
}

TEST_F(DamagedFile, NeverCrashesAndNamesItsDamage) {
  const auto whole = read_file(path_);
  std::mt19937 random(17);
  std::size_t unnoticed = 0;
  for (int round = 0; round < 400; ++round) {
    auto damaged = whole;
    const auto flips = 1 + random() % 4;
    for (std::size_t i = 0; i < flips; ++i) {
      // Half of them in the first pages, where tables and indexes are described.
      const auto limit =
          random() % 2 == 0 ? whole.size() : std::min<std::size_t>(whole.size(), 16384);
      damaged[random() % limit] ^= static_cast<std::uint8_t>(1 + random() % 255);
    }
    write_file(path_, damaged);
    if (!read_everything(path_)) continue;
    if (check().empty()) ++unnoticed;
  }
  // Bytes of free space, and of descriptions that nobody compares.
  EXPECT_LE(unnoticed, 200U);
}

// An inner page of SQLite's trees, all of whose children are one page.
std::vector<std::uint8_t> inner_page(std::uint32_t child) {
  constexpr std::size_t kPage = 4096, kCells = 300, kCell = 5, kFirstCell = kPage - kCells * kCell;
  std::vector<std::uint8_t> page(kPage);
  const auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = bytes; i-- > 0; value >>= 8) page[at + static_cast<std::size_t>(i)] = value & 0xFF;
  };
  put(0, 5, 1);  // an inner page of a table
  put(3, kCells, 2);
  put(5, kFirstCell, 2);
  put(8, child, 4);
  for (std::size_t i = 0; i < kCells; ++i) {
    put(12 + 2 * i, static_cast<std::uint32_t>(kFirstCell + i * kCell), 2);
    put(kFirstCell + i * kCell, child, 4);
  }
  return page;
}

// A walk over 300 * 300 * 300 * 300 pages; a fuzzer found the first of these.
TEST_F(DamagedFile, EndsThoughItsPagesDoNot) {
  const auto whole = read_file(path_);
  for (const char* table : {"tbl", "node", "snapshot", "gap", "part", "node_sample"}) {
    auto bytes = whole;
    std::optional<std::int64_t> root;
    {
      auto database = Database::open(path_, Database::Mode::kRead);
      root = *database->number("SELECT rootpage FROM sqlite_schema WHERE name = '" +
                               std::string(table) + "'");
    }
    const auto at = static_cast<std::size_t>(*root - 1) * 4096;
    const auto pages = static_cast<std::uint32_t>(bytes.size() / 4096);
    const std::vector<std::uint8_t> leaf(bytes.begin() + at, bytes.begin() + at + 4096);
    const auto top = inner_page(pages + 1);
    std::copy(top.begin(), top.end(), bytes.begin() + at);
    for (std::uint32_t next = pages + 2; next <= pages + 4; ++next) {
      const auto page = inner_page(next);
      bytes.insert(bytes.end(), page.begin(), page.end());
    }
    bytes.insert(bytes.end(), leaf.begin(), leaf.end());
    bytes[30] = static_cast<std::uint8_t>((pages + 4) >> 8);  // the header's number of pages
    bytes[31] = static_cast<std::uint8_t>(pages + 4);
    write_file(path_, bytes);
    read_everything(path_);  // which is the test: it ends
  }
}

TEST_F(DamagedFile, DoesNotTrustItsSchema) {
  sql("ALTER TABLE note RENAME TO old_note;"
      "CREATE VIEW note AS WITH RECURSIVE r(wall_us, text) AS (SELECT 1, 'x' UNION ALL "
      "SELECT wall_us + 1, 'x' FROM r) SELECT 1 AS id, wall_us, text, 1 AS checksum FROM r");
  const auto reader = Reader::open(path_);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, HasSubstr("its table note is not there"));
}

}  // namespace
}  // namespace beamtape::test
