// Going on in a file that is there, and notes that come from elsewhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "schema/store/add_note.h"
#include "schema/store/reader.h"
#include "schema/store/sqlite.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

class Appending : public testing::Test {
 protected:
  void expect_all(const RecordingStory& story) {
    auto reader = Reader::open(path_);
    ASSERT_TRUE(reader) << reader.error().message;
    expect_same(**reader, story.told());
    const auto damage = (*reader)->check({});
    EXPECT_TRUE(damage && damage->empty()) << (damage ? damage->front().what : "");
  }
  // Fails to append, saying `why`, and leaves the file as it is.
  void expect_refused(const Writer::Options& options, const std::string& why) {
    const auto before = read_file(path_);
    const auto writer = Writer::append(path_, options);
    ASSERT_FALSE(writer);
    EXPECT_NE(writer.error().message.find(why), std::string::npos) << writer.error().message;
    EXPECT_TRUE(read_file(path_) == before) << "the file was changed";
  }

  void change(const char* sql) const {
    auto database = Database::open(path_, Database::Mode::kWrite);
    ASSERT_TRUE(database);
    const auto done = database->exec(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  // What a recorder that is killed now would leave.
  std::string as_killed() const {
    const std::string copy = folder_.file("killed.beamtape");
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path_ + suffix, copy + suffix);
    }
    return copy;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("append.beamtape");
};

TEST_F(Appending, KeepsWhatIsThereAndGoesOnAfterIt) {
  RecordingStory story(path_, {.slots = 5000, .snapshots = 20});
  for (int i = 0; i < 10; ++i) story.write_snapshot();
  story.append_anew(path_);
  ASSERT_EQ(story.writer().earlier().size(), 1u);
  EXPECT_EQ(story.writer().earlier().front().name, "zoo@here");
  EXPECT_EQ(story.writer().earlier().front().creation, 7);
  story.write_all();
  story.close();
  expect_all(story);
}

// A gap after the last snapshot is told, too; and where nothing is told of the last life yet, what
// came before it counts.
TEST_F(Appending, KnowsToWhenTheFileTellsOfANode) {
  RecordingStory story(path_, {.slots = 10, .snapshots = 2});
  for (int i = 0; i < 2; ++i) story.write_snapshot();
  story.append_anew(path_);
  const std::int64_t ended = story.told().back().record.ended_wall_us;
  const auto life = [&] {
    EXPECT_EQ(story.writer().earlier().size(), 1u);
    return story.writer().earlier().front();
  };
  EXPECT_EQ(life().covered_to_wall_us, ended);
  ASSERT_TRUE(story.writer().add_gap({life().id, ended, ended + 5, "it was away"}));
  story.append_anew(path_);
  EXPECT_EQ(life().covered_to_wall_us, ended + 5);
  const auto first = life().id;
  ASSERT_TRUE(story.writer().add_node({.name = life().name, .creation = 8}));
  story.append_anew(path_);
  EXPECT_EQ(life().creation, 8);
  EXPECT_EQ(life().covered_to_wall_us, ended + 5);
  EXPECT_EQ(life().covered_life, first);
}

TEST_F(Appending, RefusesAFileThatAnotherOneIsWriting) {
  RecordingStory story(path_, {});
  story.write_snapshot();
  expect_refused(RecordingStory::options(), "another recorder is writing it");
  story.write_all();
  story.close();
  expect_all(story);
}

TEST_F(Appending, RefusesOtherColumnsAndOtherFiles) {
  RecordingStory story(path_, {});
  story.write_all();
  story.close();
  auto others = RecordingStory::options();
  others.tables[0].columns.pop_back();
  expect_refused(others, "this version of Beamtape");
  auto elsewhere = RecordingStory::options();
  elsewhere.nodes = {"shop@there"};
  expect_refused(elsewhere, "another node, zoo@here");
  write_file(path_, {'n', 'o', 't', ' ', 'o', 'n', 'e'});
  expect_refused(RecordingStory::options(), "not a Beamtape recording");
}

TEST_F(Appending, MakesAFileOfAnEarlierFormatOneOfThisFormat) {
  std::filesystem::copy_file(BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-1.beamtape",
                             path_);
  Writer::Options options;
  std::vector<RowGroup> rows;
  {
    const auto before = Reader::open(path_);
    ASSERT_TRUE(before) << before.error().message;
    ASSERT_EQ((*before)->format_version(), 1);
    options.tables = (*before)->tables();
    rows = (*before)->rows(*(*before)->table("process"), 20, nullptr)->groups;
  }
  auto writer = Writer::append(path_, options);
  ASSERT_TRUE(writer) << writer.error().message;
  const auto closed = (*writer)->close();
  ASSERT_TRUE(closed) << closed.error().message;
  const auto after = Reader::open(path_);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ((*after)->format_version(), 3);
  EXPECT_EQ((*after)->meta("format"), "3");
  const Table& table = *(*after)->table("process");
  EXPECT_EQ((*after)->rows(table, 20, nullptr)->groups, rows);
  const auto damage = (*after)->check({});
  EXPECT_TRUE(damage && damage->empty());
}

TEST_F(Appending, TakesNotesAndGoesOnWhileAFinishedFileIsLookedAt) {
  RecordingStory story(path_, {.slots = 5000, .snapshots = 20});
  for (int i = 0; i < 10; ++i) story.write_snapshot();
  story.close();
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  const Table& table = (*reader)->tables().front();
  const auto rows = (*reader)->rows(table, 9, nullptr);
  ASSERT_TRUE(rows);
  static_cast<void>((*reader)->text(1, 1));
  static_cast<void>((*reader)->list(1, 1));
  const auto noted = add_note(path_, {5, "looked at"});
  ASSERT_TRUE(noted) << noted.error().message;
  story.append_anew(path_);
  story.write_all();
  story.close();
  EXPECT_EQ((*reader)->rows(table, 9, nullptr)->groups, rows->groups);
  const auto after = Reader::open(path_);
  ASSERT_TRUE(after);
  EXPECT_TRUE(std::any_of((*after)->notes().begin(), (*after)->notes().end(),
                          [](const NoteRecord& note) { return note.text == "looked at"; }));
}

TEST_F(Appending, RefusesADamagedFile) {
  RecordingStory story(path_, {.slots = 5000, .snapshots = 20});
  story.write_all();
  story.close();
  auto bytes = read_file(path_);
  for (std::size_t at = 3 * 4096; at < bytes.size(); at += 4096) bytes[at] ^= 0xFF;
  write_file(path_, bytes);
  expect_refused(RecordingStory::options(), "cannot append");
}

TEST_F(Appending, SaysThatAPathIsASymbolicLink) {
  RecordingStory story(path_, {});
  story.write_all();
  story.close();
  const std::string link = folder_.file("link");
  std::filesystem::create_symlink(path_, link);
  const auto appended = Writer::append(link, RecordingStory::options());
  ASSERT_FALSE(appended);
  EXPECT_NE(appended.error().message.find("symbolic link"), std::string::npos);
  std::filesystem::remove(link);
  std::filesystem::create_symlink(folder_.file("nowhere"), link);
  const auto created = Writer::create(link, RecordingStory::options());
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message.find("symbolic link"), std::string::npos);
}

// What no page knows of: a text, a sum, a row that is not there.
TEST_F(Appending, RefusesAFileWithARowThatIsDamaged) {
  RecordingStory story(path_, {.slots = 100, .snapshots = 20});
  story.write_all();
  story.close();
  const auto whole = read_file(path_);
  for (const char* sql :
       {"UPDATE text SET text = 'other' WHERE id = 1 AND epoch = 1",
        "UPDATE group_sample SET memory = memory + 1 WHERE snapshot = 3",
        "UPDATE node_fact SET value = '26'", "DELETE FROM snapshot WHERE id = 6"}) {
    write_file(path_, whole);
    change(sql);
    expect_refused(RecordingStory::options(), "it is damaged");
  }
  write_file(path_, whole);
  EXPECT_TRUE(Writer::append(path_, RecordingStory::options()));
}

TEST_F(Appending, TakesNotesFromElsewhereWhileItIsWritten) {
  RecordingStory story(path_, {});
  story.write_snapshot();
  EXPECT_TRUE(is_being_recorded(path_));
  ASSERT_TRUE(add_note(path_, {77, "from elsewhere"}));
  story.write_all();
  story.close();
  EXPECT_FALSE(is_being_recorded(path_));
  ASSERT_TRUE(add_note(path_, {78, "afterwards"}));
  EXPECT_FALSE(exists(path_ + "-wal"));
  expect_all(story);
  const auto notes = Reader::open(path_).value()->notes();
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[1].text, "from elsewhere");
  EXPECT_EQ(notes[2].wall_us, 78);
}

TEST_F(Appending, KeepsTheWalOfAKilledRecorderFromOthers) {
  RecordingStory story(path_, {});
  story.write_all();
  const std::string copy = as_killed();
  const auto writer = Writer::append(copy, RecordingStory::options());
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_TRUE(is_locked_for_others(copy));
}

// As a recorder does that looks for who was there before.
TEST_F(Appending, MayBeReadByWhoWritesIt) {
  RecordingStory story(path_, {.slots = 5000, .snapshots = 20});
  for (int i = 0; i < 10; ++i) story.write_snapshot();
  story.append_anew(path_);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(story.writer().add_gap({1, 5, 6, "nobody was there"}));
    ASSERT_TRUE(is_locked_for_others(path_));
    const auto reader = Reader::open(story.writer().path());
    ASSERT_TRUE(reader) << reader.error().message;
    expect_same(**reader, story.told());
  }
  EXPECT_TRUE(is_locked_for_others(path_));
  story.write_all();
  story.close();
  EXPECT_FALSE(exists(path_ + "-wal"));
  expect_all(story);
}

// What cannot be folded in stays, and is named.
TEST_F(Appending, LeavesTheWalOfAFileThatIsMovedWhileSomebodyReadsIt) {
  RecordingStory story(path_, {});
  story.write_snapshot();
  const auto reader = Reader::open(path_);
  ASSERT_TRUE(reader);
  story.write_all();
  const std::string moved = folder_.file("moved.beamtape");
  std::filesystem::rename(path_, moved);
  const auto closed = story.writer().close();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("the last of it in " + path_ + "-wal"), std::string::npos)
      << closed.error().message;
  std::filesystem::rename(path_ + "-wal", moved + "-wal");
  expect_same(*Reader::open(moved).value(), story.told());
}

// Somebody records into another file of that name.
TEST_F(Appending, LeavesAloneWhatStandsBesideItsSuccessor) {
  RecordingStory story(path_, {});
  story.write_all();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::rename(path_ + suffix, folder_.file("moved.beamtape") + suffix);
  }
  RecordingStory successor(path_, {.seed = 2});
  successor.write_all();
  EXPECT_FALSE(story.writer().close());
  EXPECT_TRUE(exists(path_ + "-wal"));
  EXPECT_TRUE(exists(path_ + "-shm"));
  expect_same(*Reader::open(folder_.file("moved.beamtape")).value(), story.told());
  successor.close();
  expect_same(*Reader::open(path_).value(), successor.told());
}

TEST_F(Appending, ANoteClosesTheFileOfAKilledRecorder) {
  RecordingStory story(path_, {});
  story.write_all();
  const std::string copy = as_killed();
  ASSERT_TRUE(add_note(copy, {78, "found dead"}));
  EXPECT_FALSE(exists(copy + "-wal"));
  const auto reader = Reader::open(copy);
  ASSERT_TRUE(reader);
  EXPECT_TRUE((*reader)->remarks().empty());
  expect_same(**reader, story.told());
  story.close();
}

}  // namespace
}  // namespace beamtape::test
