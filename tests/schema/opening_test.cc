// The ways in which a recording arrives, and what else does under its name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "schema/store/add_note.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::size_t kUserVersionAt = 60;

class Opening : public testing::Test {
 protected:
  std::unique_ptr<Reader> open(const std::string& path) {
    auto reader = Reader::open(path);
    EXPECT_TRUE(reader) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  Error refused(const std::string& path) {
    auto reader = Reader::open(path);
    EXPECT_FALSE(reader);
    return reader ? Error{} : reader.error();
  }
  // Copies a file that is still being recorded, with or without what lies beside it.
  std::string carry_off(const std::string& name, bool with_wal) {
    const auto to = folder_.file(name);
    std::filesystem::copy_file(path_, to);
    if (with_wal) std::filesystem::copy_file(path_ + "-wal", to + "-wal");
    return to;
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.file("zoo.beamtape");
};

TEST_F(Opening, ReadsACopyWithItsWal) {
  RecordingStory story(path_, {.snapshots = 6});
  story.write_all();
  const auto reader = open(carry_off("copy", true));
  expect_same(*reader, story.told());
  EXPECT_THAT(reader->remarks(), ElementsAre(HasSubstr("KiB in")));
}

// As the window does, once for its rows and once for its answers.
TEST_F(Opening, OpenedTwiceIsLockedUntilBothAreClosed) {
  RecordingStory story(path_, {.snapshots = 6});
  story.write_all();
  const auto copy = carry_off("copy", true);
  const auto first = open(copy);
  ASSERT_TRUE(is_locked_for_others(copy));
  EXPECT_TRUE(open(copy));
  EXPECT_TRUE(is_locked_for_others(copy));
  expect_same(*first, story.told());
}

TEST_F(Opening, ReadsACopyWithoutItsWalUpToTheLastCheckpoint) {
  RecordingStory story(path_, {.snapshots = 6});
  story.write_all();
  const auto reader = open(carry_off("copy", false));
  EXPECT_EQ(reader->snapshots().size(), 6U);
  expect_same(*reader, story.told());
  EXPECT_THAT(reader->remarks(), ElementsAre(HasSubstr("copy-wal is not beside it")));
  EXPECT_FALSE(exists(folder_.file("copy-wal")));
  EXPECT_THAT(*reader->check({}), IsEmpty());
}

TEST_F(Opening, LeavesNothingBesideAClosedFile) {
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  story.close();
  const auto before = read_file(path_);
  open(path_)->check({});
  EXPECT_EQ(read_file(path_), before);
  EXPECT_FALSE(exists(path_ + "-wal") || exists(path_ + "-shm"));
}

// What the file lacks at its end may be in its -wal: folding in was begun and could not be ended.
TEST_F(Opening, SaysThatACopyIsCutShortWhereItsWalCannotHaveTheRest) {
  RecordingStory story(path_, {.snapshots = 40});
  story.write_all();
  const auto copy = carry_off("copy", true);
  std::filesystem::resize_file(copy, std::filesystem::file_size(copy) - std::uintmax_t{3} * 4096);
  EXPECT_THAT(open(copy)->remarks(), Not(Contains(HasSubstr("cut short"))));
  std::filesystem::resize_file(copy + "-wal", 32 + std::uintmax_t{2} * (24 + 4096));
  EXPECT_THAT(open(copy)->remarks(), Contains(HasSubstr("cut short")));
}

// SQLite would take it for the file's own, and fold it in with the first write.
TEST_F(Opening, LeavesAloneAWalOfAnotherRecording) {
  RecordingStory story(path_, {.snapshots = 6});
  story.write_all();
  const auto wal = read_file(path_ + "-wal");
  const auto other = folder_.file("other.beamtape");
  RecordingStory closed(other, {.snapshots = 3});
  closed.write_all();
  closed.close();
  const auto before = read_file(other);
  write_file(other + "-wal", wal);
  const auto reader = open(other);
  expect_same(*reader, closed.told());
  EXPECT_THAT(reader->remarks(),
              ElementsAre(HasSubstr("-wal is not read: this recording was closed")));
  EXPECT_THAT(*reader->check({}), IsEmpty());
  EXPECT_EQ(static_cast<std::size_t>(reader->file_bytes()), before.size());
  const auto noted = add_note(other, {1, "x"});
  ASSERT_FALSE(noted);
  EXPECT_THAT(noted.error().message, HasSubstr("without which it was closed; move"));
  const auto appended = Writer::append(other, RecordingStory::options());
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, Error::Code::kUsage);
  EXPECT_EQ(read_file(other), before);
  EXPECT_EQ(read_file(other + "-wal"), wal);
}

// Opens as somebody who may not write there; the superuser may write anywhere.
class OpeningReadOnly : public Opening {
 protected:
  void as_a_stranger(const std::function<void()>& act) {
    const auto child = fork();
    if (child == 0) {
      if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
      act();
      _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  void lock() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      chmod(entry.path().c_str(), 0444);
    }
    chmod(folder_.path().c_str(), 0555);
  }
};

TEST_F(OpeningReadOnly, ReadsAClosedFile) {
  RecordingStory story(path_, {});
  story.write_all();
  story.close();
  lock();
  as_a_stranger([&] {
    const auto reader = open(path_);
    if (reader) expect_same(*reader, story.told());
  });
}

TEST_F(OpeningReadOnly, ReadsACopyWithoutItsWal) {
  RecordingStory story(path_, {});
  story.write_all();
  const auto copy = carry_off("copy", false);
  lock();
  as_a_stranger([&] {
    const auto reader = open(copy);
    if (reader) expect_same(*reader, story.told());
  });
}

TEST_F(OpeningReadOnly, ReadsACopyWithItsWalAsFarAsItIsFoldedIn) {
  RecordingStory story(path_, {});
  story.write_all();
  const auto copy = carry_off("copy", true);
  lock();
  as_a_stranger([&] {
    const auto reader = open(copy);
    if (!reader) return;
    expect_same(*reader, story.told());
    EXPECT_THAT(reader->remarks(), ElementsAre(HasSubstr("not closed")));
  });
}

TEST_F(Opening, RefusesWhatIsNotThere) {
  const auto error = refused(path_);
  EXPECT_EQ(error.code, Error::Code::kNotFound);
  EXPECT_EQ(error.message, "cannot open " + path_ + ": no such file");
}

TEST_F(Opening, RefusesAFolder) {
  EXPECT_EQ(refused(folder_.path()).message, "cannot open " + folder_.path() + ": it is a folder");
}

TEST_F(Opening, RefusesAnEmptyFile) {
  write_file(path_, {});
  const auto error = refused(path_);
  EXPECT_EQ(error.code, Error::Code::kMalformed);
  EXPECT_THAT(error.message, HasSubstr("it is empty"));
}

TEST_F(Opening, RefusesOtherFiles) {
  for (const std::size_t size : {1U, 99U, 5000U}) {
    write_file(path_, std::vector<std::uint8_t>(size, 'x'));
    EXPECT_EQ(refused(path_).message, "cannot open " + path_ + ": not a Beamtape recording");
  }
}

TEST_F(Opening, RefusesOtherDatabases) {
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  story.close();
  auto bytes = read_file(path_);
  bytes[68] ^= 1;  // application_id
  write_file(path_, bytes);
  EXPECT_EQ(refused(path_).message, "cannot open " + path_ + ": not a Beamtape recording");
}

TEST_F(Opening, RefusesANewerVersionAndSaysWhatToDo) {
  RecordingStory story(path_, {.snapshots = 1});
  story.write_all();
  story.close();
  auto bytes = read_file(path_);
  bytes[kUserVersionAt + 3] = 7;
  write_file(path_, bytes);
  const auto error = refused(path_);
  EXPECT_EQ(error.code, Error::Code::kMalformed);
  EXPECT_EQ(error.message, "cannot open " + path_ +
                               ": it was written by a newer Beamtape (format 7, this one "
                               "reads up to 3): install a newer Beamtape");
}

// Kills a writer somewhere in its work and returns how many snapshots it had reported.
std::size_t kill_a_writer(const std::string& path, const RecordingPlan& plan, useconds_t after) {
  int progress[2];
  if (pipe(progress) != 0) return 0;
  const auto child = fork();
  if (child == 0) {
    RecordingStory story(path, plan);
    for (;;) {
      story.write_snapshot();
      if (write(progress[1], "x", 1) != 1) _exit(1);
    }
  }
  ::close(progress[1]);
  char mark = 0;
  std::size_t reported = static_cast<std::size_t>(read(progress[0], &mark, 1));
  usleep(after);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(progress[0], &mark, 1) == 1) ++reported;
  ::close(progress[0]);
  return reported;
}

TEST_F(Opening, FindsEverySnapshotThatAKilledWriterHadCommitted) {
  for (std::uint32_t round = 0; round < 25; ++round) {
    const auto path = folder_.file("killed" + std::to_string(round));
    const RecordingPlan plan{.seed = round, .slots = 3000, .keyframe_every = 3};
    const auto reported = kill_a_writer(path, plan, (round * 7919) % 40'000);
    // The same seed tells the same story again.
    RecordingStory again(folder_.file("again" + std::to_string(round)), plan);
    const auto reader = open(path);
    ASSERT_GE(reader->snapshots().size(), reported);
    ASSERT_LE(reader->snapshots().size(), reported + 1);
    while (again.told().size() < reader->snapshots().size()) again.write_snapshot();
    expect_same(*reader, again.told());
    EXPECT_THAT(*reader->check({}), IsEmpty());
  }
}

}  // namespace
}  // namespace beamtape::test
