// A recording says what it was told: through the reader, and to anyone with SQLite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Recording : public testing::Test {
 protected:
  std::unique_ptr<Reader> open() {
    auto reader = Reader::open(path_);
    EXPECT_TRUE(reader) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  Expected<std::unique_ptr<Writer>> create() {
    return Writer::create(path_, RecordingStory::options());
  }
  // A writer with one node, for tests that need no story.
  std::unique_ptr<Writer> started() {
    auto writer = create();
    EXPECT_TRUE(writer) << writer.error().message;
    EXPECT_TRUE((*writer)->add_node({0, "zoo@here", 1, 2, {}, {}}));
    return std::move(*writer);
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.file("zoo.beamtape");
};

TEST_F(Recording, SaysWhatItWasTold) {
  RecordingStory story(path_, {.snapshots = 11});
  story.write_all();
  story.close();
  const auto reader = open();
  expect_same(*reader, story.told());
  EXPECT_THAT(reader->remarks(), IsEmpty());
  EXPECT_EQ(reader->format_version(), 3);
  EXPECT_EQ(reader->meta("recorder"), "test");
  EXPECT_EQ(reader->meta("nonsense"), std::nullopt);
  const auto damage = reader->check({});
  ASSERT_TRUE(damage);
  for (const auto& one : *damage) ADD_FAILURE() << one.snapshot << " " << one.what;
}

TEST_F(Recording, SaysWhatItWasToldOfSeveralRowGroups) {
  RecordingStory story(path_, {.slots = 2 * kRowsPerGroup + 77, .snapshots = 6});
  story.write_all();
  story.close();
  expect_same(*open(), story.told());
}

TEST_F(Recording, CanBeReadWhileItIsWritten) {
  RecordingStory story(path_, {.snapshots = 5});
  story.write_snapshot();
  const auto early = open();
  EXPECT_EQ(early->snapshots().size(), 1U);
  story.write_all();
  expect_same(*open(), story.told());
  EXPECT_THAT(open()->remarks(), testing::ElementsAre(HasSubstr("not closed")));
}

TEST_F(Recording, LeavesNoSidecarsWhenClosed) {
  RecordingStory story(path_, {});
  story.write_all();
  EXPECT_TRUE(exists(path_ + "-wal"));
  story.close();
  for (const char* suffix : {"-wal", "-shm", "-journal"}) EXPECT_FALSE(exists(path_ + suffix));
}

TEST_F(Recording, IsReadableByItsOwnerOnly) {
  umask(0);
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(Recording, OverwritesNothing) {
  write_file(path_, {'m', 'i', 'n', 'e'});
  const auto writer = create();
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Error::Code::kUsage);
  EXPECT_EQ(writer.error().message,
            "cannot create " + path_ + ": it exists; give another name, or move it away");
  EXPECT_EQ(read_file(path_).size(), 4U);
}

TEST_F(Recording, IsWrittenByOneOnly) {
  const auto first = started();
  EXPECT_EQ(create().error().code, Error::Code::kUsage);
}

TEST_F(Recording, LosesNothingThatAnEarlierOneLeftInItsWal) {
  write_file(path_ + "-wal", {1, 2, 3});
  const auto writer = create();
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Error::Code::kUsage);
  EXPECT_THAT(writer.error().message, HasSubstr("-wal of an earlier recording"));
  EXPECT_EQ(read_file(path_ + "-wal").size(), 3U);
  EXPECT_FALSE(exists(path_));
}

TEST_F(Recording, NeedsItsFolder) {
  path_ = folder_.file("nowhere/zoo.beamtape");
  const auto writer = create();
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Error::Code::kNotFound);
  EXPECT_EQ(writer.error().message, "cannot create " + path_ + ": No such file or directory");
}

TEST_F(Recording, TakesPathsThatSqliteWouldUnderstandOtherwise) {
  path_ = folder_.file("file:a?mode=memory%41#.beamtape");
  RecordingStory story(path_, {});
  story.write_all();
  expect_same(*open(), story.told());
  story.close();
  expect_same(*open(), story.told());
}

TEST_F(Recording, KeepsNodesGapsAndNotes) {
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  story.close();
  const auto reader = open();
  ASSERT_EQ(reader->nodes().size(), 1U);
  const auto& node = reader->nodes()[0];
  EXPECT_EQ(node.id, 1);
  EXPECT_EQ(node.name, "zoo@here");
  EXPECT_EQ(node.creation, 7);
  EXPECT_THAT(node.facts, testing::ElementsAre(std::pair("otp_release", "25")));
  ASSERT_EQ(node.applications.size(), 1U);
  EXPECT_EQ(node.applications[0].version, "8.5");
  ASSERT_EQ(reader->gaps().size(), 1U);
  EXPECT_EQ(reader->gaps()[0].reason, "node down");
  ASSERT_EQ(reader->notes().size(), 1U);
  EXPECT_EQ(reader->notes()[0].text, "begun");
}

TEST_F(Recording, KeepsSnapshotRecords) {
  RecordingStory story(path_, {.snapshots = 2});
  story.write_all();
  const auto reader = open();
  const auto& told = story.told()[1].record;
  const auto& read = reader->snapshots()[1];
  EXPECT_EQ(read.epoch, told.epoch);
  EXPECT_EQ(read.began_wall_us, told.began_wall_us);
  EXPECT_EQ(read.stale_found, told.stale_found);
  EXPECT_EQ(read.not_answered, told.not_answered);
  EXPECT_FALSE(read.filling);
  EXPECT_TRUE(reader->snapshots()[0].filling);
}

TEST_F(Recording, KeepsAggregatesAndWhyTheyAreMissing) {
  RecordingStory story(path_, {.snapshots = 5});
  story.write_all();
  const auto reader = open();
  std::int64_t visited = 0;
  const auto done = reader->aggregates(2, 4, [&](const auto& record, const Aggregates& read) {
    const auto& told = story.told()[static_cast<std::size_t>(record.id - 1)].aggregates;
    EXPECT_EQ(read.node, told.node);
    EXPECT_EQ(read.groups.size(), 2U);
    EXPECT_EQ(read.groups[1].gone, 2);
    EXPECT_EQ(read.ets.at(0).size, told.ets[0].size);
    EXPECT_EQ(read.ports.at(0).output, 20);
    EXPECT_EQ(read.allocators.at(0).carriers_size, told.allocators[0].carriers_size);
    ++visited;
    return true;
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(visited, 3);
}

TEST_F(Recording, TellsTheHistoryOfOneRowGroup) {
  RecordingStory story(path_, {.slots = kRowsPerGroup + 50, .snapshots = 9});
  story.write_all();
  const auto reader = open();
  std::int64_t next = 3;
  const auto visit = [&](const SnapshotRecord& record, const RowGroup& rows) {
    EXPECT_EQ(record.id, next);
    EXPECT_EQ(rows, story.told()[static_cast<std::size_t>(next - 1)].animals.groups[1]);
    ++next;
    return next <= 8;
  };
  EXPECT_TRUE(reader->history(*reader->table("animal"), 1, 3, 100, visit, nullptr));
  EXPECT_EQ(next, 9);
}

TEST_F(Recording, TellsTheHistoryOfSeveralRowGroupsSnapshotBySnapshot) {
  RecordingStory story(path_, {.slots = 3 * kRowsPerGroup, .snapshots = 5});
  story.write_all();
  const auto reader = open();
  std::vector<std::pair<std::int64_t, std::size_t>> seen;
  const auto visit = [&](const SnapshotRecord& record, std::size_t group, const RowGroup& rows) {
    seen.emplace_back(record.id, group);
    EXPECT_EQ(rows, story.told()[static_cast<std::size_t>(record.id - 1)].animals.groups[group]);
    return seen.size() < 5;
  };
  EXPECT_TRUE(reader->histories(*reader->table("animal"), {0, 2}, 2, 100, visit, nullptr));
  using Seen = decltype(seen);
  EXPECT_EQ(seen, (Seen{{2, 0}, {2, 2}, {3, 0}, {3, 2}, {4, 0}}));
}

TEST_F(Recording, KeepsSeveralNodesApart) {
  const auto writer = started();
  ASSERT_EQ(writer->add_node({0, "other@there", 1, 2, {}, {}}), 2);
  RandomRows random(1);
  const auto table = animals();
  std::vector<RowGroup> told;
  for (std::int64_t id = 1; id <= 8; ++id) {
    const std::int64_t node = id % 2 == 1 ? 1 : 2;
    ASSERT_TRUE(writer->begin(id, node, node));  // epoch 1 is of node 1, epoch 2 of node 2
    told.push_back(random.rows(table, 20));
    ASSERT_TRUE(writer->put_rows(table, 0, RowGroup(told.back())));
    ASSERT_TRUE(writer->commit({}));
  }
  const auto reader = open();
  for (std::int64_t id = 1; id <= 8; ++id) {
    EXPECT_EQ(reader->rows(*reader->table("animal"), id, nullptr)->groups.at(0),
              told[static_cast<std::size_t>(id - 1)]);
  }
}

TEST_F(Recording, WritesWhatWasNotPutIntoTheNextKeyframe) {
  const auto writer = started();
  const auto table = animals();
  const auto rows = RandomRows(4).rows(table, 30);
  ASSERT_TRUE(writer->begin(1, 1, 1));
  ASSERT_TRUE(writer->put_rows(table, 0, RowGroup(rows)));
  ASSERT_TRUE(writer->commit({}));
  ASSERT_TRUE(writer->begin(2, 2, 1));
  ASSERT_TRUE(writer->commit({}));
  const auto reader = open();
  EXPECT_EQ(reader->rows(*reader->table("animal"), 2, nullptr)->groups.at(0), rows);
}

TEST_F(Recording, TakesAnAbandonedSnapshotBackAndStartsAKeyframeGroup) {
  const auto writer = started();
  const auto table = animals();
  RandomRows random(4);
  ASSERT_TRUE(writer->begin(1, 1, 1));
  ASSERT_TRUE(writer->put_rows(table, 0, random.rows(table, 30)));
  ASSERT_TRUE(writer->commit({}));
  ASSERT_TRUE(writer->begin(2, 1, 1));
  ASSERT_TRUE(writer->put_text(1, "lost"));
  const auto kept = random.rows(table, 30);
  ASSERT_TRUE(writer->put_rows(table, 0, RowGroup(kept)));
  writer->abandon();
  EXPECT_EQ(writer->begin(2, 1, 1).error().code, Error::Code::kUsage);
  ASSERT_TRUE(writer->begin(2, 2, 1));
  ASSERT_TRUE(writer->put_text(1, "kept"));
  ASSERT_TRUE(writer->commit({}));
  const auto reader = open();
  EXPECT_EQ(reader->snapshots().size(), 2U);
  EXPECT_EQ(reader->text(2, 1), "kept");
  EXPECT_EQ(reader->rows(*reader->table("animal"), 2, nullptr)->groups.at(0), kept);
}

// A limit on the size of files stands for a disk that takes no more.
TEST_F(Recording, GoesOnWhenTheDiskTakesWritesAgain) {
  const auto writer = started();
  const auto table = animals();
  RandomRows random(4);
  const auto attempt = [&](std::int64_t id, const RowGroup& rows) -> Expected<std::int64_t> {
    auto done = writer->begin(id, id, 1);
    if (done) done = writer->put_rows(table, 0, RowGroup(rows));
    if (!done) return tl::unexpected(done.error());
    return writer->commit({});
  };
  const auto first = random.rows(table, kRowsPerGroup);
  const auto second = random.rows(table, kRowsPerGroup);
  ASSERT_TRUE(attempt(1, first));
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &before);
  struct rlimit whole {};
  getrlimit(RLIMIT_FSIZE, &whole);
  const struct rlimit full { 8192, whole.rlim_max };
  setrlimit(RLIMIT_FSIZE, &full);
  const auto failed = attempt(2, second);
  setrlimit(RLIMIT_FSIZE, &whole);
  sigaction(SIGXFSZ, &before, nullptr);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "cannot write " + path_ +
                                        ": no space left: files may not be larger than 8 KiB "
                                        "(ulimit -f)");
  const auto again = attempt(2, second);
  ASSERT_TRUE(again) << again.error().message;
  const auto reader = open();
  EXPECT_EQ(reader->rows(*reader->table("animal"), 1, nullptr)->groups.at(0), first);
  EXPECT_EQ(reader->rows(*reader->table("animal"), 2, nullptr)->groups.at(0), second);
}

TEST_F(Recording, RefusesSnapshotsOutOfTurn) {
  const auto writer = started();
  EXPECT_FALSE(writer->begin(2, 2, 1));
  EXPECT_FALSE(writer->begin(1, 1, 5));
  EXPECT_FALSE(writer->begin(1, 0, 1));
  EXPECT_FALSE(writer->commit({}));
  EXPECT_FALSE(writer->put_text(1, "x"));
  ASSERT_TRUE(writer->begin(1, 1, 1));
  EXPECT_FALSE(writer->begin(2, 2, 1));
  EXPECT_FALSE(writer->add_note({1, "x"}));
  EXPECT_FALSE(writer->add_node({}));
}

TEST_F(Recording, TakesASnapshotBackWhenATextIsPutTwice) {
  const auto writer = started();
  ASSERT_TRUE(writer->begin(1, 1, 1));
  ASSERT_TRUE(writer->put_text(1, "once"));
  ASSERT_TRUE(writer->put_text(1, "twice"));
  const auto twice = writer->commit({});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("cannot write " + path_));
  ASSERT_TRUE(writer->begin(1, 1, 1));
  EXPECT_TRUE(writer->commit({}));
}

TEST_F(Recording, DeclaresTheTablesOfThisVersion) {
  auto writer = Writer::create(path_, {"1.2", 3, 1, {}});
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE((*writer)->close());
  const auto reader = open();
  for (const Table* declared : columnar_tables()) {
    const Table* read = reader->table(declared->name);
    ASSERT_NE(read, nullptr) << declared->name;
    EXPECT_EQ(read->id, declared->id);
    EXPECT_EQ(read->sentence, declared->sentence);
    ASSERT_EQ(read->columns.size(), declared->columns.size());
    for (std::size_t i = 0; i < read->columns.size(); ++i) {
      const auto& a = read->columns[i];
      const auto& b = declared->columns[i];
      EXPECT_EQ(std::tie(a.id, a.name, a.type, a.unit, a.kind, a.sentence),
                std::tie(b.id, b.name, b.type, b.unit, b.kind, b.sentence));
      ASSERT_EQ(a.fields.size(), b.fields.size());
      for (std::size_t f = 0; f < a.fields.size(); ++f)
        EXPECT_EQ(a.fields[f].name, b.fields[f].name);
    }
  }
  ASSERT_NE(reader->table("node"), nullptr);
  EXPECT_EQ(reader->table("node")->columns.size(), node_table().columns.size());
}

TEST_F(Recording, AnswersNothingForWhatIsNotThere) {
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  const auto reader = open();
  const Table& table = *reader->table("animal");
  EXPECT_EQ(reader->rows(table, 2, nullptr).error().code, Error::Code::kNotFound);
  TableData data;
  EXPECT_FALSE(reader->step(table, 0, data, nullptr));
  EXPECT_EQ(reader->table("plant"), nullptr);
}

}  // namespace
}  // namespace beamtape::test
