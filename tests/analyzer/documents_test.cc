// The open files of a window, without a window.

#include "analyzer/view/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;

// A window of which nobody sees anything.
class FakeSurface : public Surface {
 public:
  void draw(const std::function<void(float, float)>& build) override { build(1024, 700); }
  void show() override {}
  void finish() override {}
  Expected<void> save(const std::string&) override { return {}; }
  void wait(double) override {}
  bool closing() const override { return false; }
  double now() const override { return 0; }
  void hide() override {}
  std::vector<KeyPress> take_input() override { return {}; }
  bool has_input() const override { return false; }
  void expect_line() override {}
  std::vector<std::string> dropped() override { return std::exchange(to_drop, {}); }
  std::pair<int, int> size() const override { return {1024, 700}; }
  void set_light(bool) override {}
  std::string layout() const override { return "wide"; }
  bool layout_changed() override { return false; }
  void set_layout(const std::string&) override {}
  void rename(const std::string& title) override { title_ = title; }

  std::vector<std::string> to_drop;
  std::string title_;
};

Expected<Recording> open_fake(const std::string& file) {
  if (file.find("bad") != std::string::npos) {
    return fail(Error::Code::kNotFound, "cannot open " + file + ": no such file");
  }
  if (file != "cluster") return Recording(std::make_unique<FakeReader>(shop_story()), file);
  Story story;
  for (const char* name : {"a@here", "b@here"}) {
    story.snapshot(0, story.node(name));
    story.process("<0.1.0>");
  }
  return Recording(std::make_unique<FakeReader>(story), file);
}

class DocumentsTest : public ::testing::Test {
 protected:
  DocumentsTest() {
    documents.add(std::make_unique<Session>(*open_fake("first"), *open_fake("first"), "", [] {}));
  }
  // Frames until nothing is being opened any more.
  void settle() {
    do {
      documents.fulfil();
      std::this_thread::yield();
    } while (documents.opening());
  }
  const Around& around() { return documents.shown().around; }

  FakeSurface surface;
  std::vector<std::string> noted;
  // Since it was asked last; files are opened on other threads.
  std::vector<std::string> opened() {
    const std::lock_guard lock(mutex_);
    return std::exchange(opened_, {});
  }
  std::mutex mutex_;
  std::vector<std::string> opened_;
  FileAccess files{[this](const std::string& file) {
                     const std::lock_guard lock(mutex_);
                     opened_.push_back(file);
                     return open_fake(file);
                   },
                   [this](const std::string& file, const NewNote& note) -> Expected<void> {
                     if (note.text == "full")
                       return fail(Error::Code::kDiskFull, "cannot write " + file);
                     noted.push_back(file + ": " + note.text);
                     return {};
                   }};
  std::shared_ptr<Remembered> remembered = std::make_shared<Remembered>();
  Documents documents{surface, files, remembered, ""};
};

TEST_F(DocumentsTest, OpensWhatIsDroppedOntoTheWindowAndShowsTheLast) {
  surface.to_drop = {"second", "third"};
  settle();
  ASSERT_EQ(around().files.size(), 3U);
  EXPECT_EQ(around().shown, 2U);
  EXPECT_EQ(documents.shown().path(), "third");
  EXPECT_EQ(around().files[1].snapshot, 6) << "what is shown of each is known to the others";
  EXPECT_EQ(surface.title_, "beamtape: third");
  EXPECT_EQ(around().opening, "");
}

TEST_F(DocumentsTest, SayWhyAFileCannotBeOpenedAndGoOnWithTheNext) {
  surface.to_drop = {"bad", "second"};
  settle();
  EXPECT_EQ(around().files.size(), 2U);
  EXPECT_THAT(around().message, HasSubstr("cannot open bad"));
  EXPECT_TRUE(around().failed);
}

TEST_F(DocumentsTest, StayWhereTheyAreWhenFilesAreOpenedBeside) {
  documents.open("second", false);
  EXPECT_TRUE(documents.opening());
  EXPECT_EQ(around().opening, "second");
  settle();
  EXPECT_EQ(around().files.size(), 2U);
  EXPECT_EQ(around().shown, 0U);
}

TEST_F(DocumentsTest, GiveEachNodeOfAFileATab) {
  documents.open("cluster", true);
  settle();
  ASSERT_EQ(around().files.size(), 3U);
  EXPECT_EQ(around().files[0].node, "");  // the first file has but one
  EXPECT_EQ(around().files[1].node, "a@here");
  EXPECT_EQ(around().files[2].node, "b@here");
  EXPECT_EQ(around().shown, 1U);
}

TEST_F(DocumentsTest, CloseAllButTheLast) {
  surface.to_drop = {"second"};
  settle();
  for (int i = 0; i < 2; ++i) {
    documents.shown().wishes.close_file = true;
    settle();
    EXPECT_EQ(around().files.size(), 1U);
    EXPECT_EQ(documents.shown().path(), "first");
  }
}

// Whoever has a file open keeps its recorder from folding in its -wal.
TEST_F(DocumentsTest, AlsoReadAFileAnewThatIsNotShown) {
  const std::string path = ::testing::TempDir() + "documents_" + std::to_string(getpid());
  const auto grow = [&] { std::ofstream(path, std::ios::app) << "more"; };
  grow();
  documents.open(path, false);
  settle();
  opened();
  documents.refresh(20);
  EXPECT_FALSE(documents.live()) << "it has not grown";
  grow();
  EXPECT_TRUE(documents.live());
  documents.refresh(30);
  while (documents.live()) {
    documents.refresh(30);
    std::this_thread::yield();
  }
  EXPECT_EQ(opened(), std::vector(2, path)) << "rows and answers have one each";
  EXPECT_NE(documents.shown().path(), path);
  std::filesystem::remove(path);
}

TEST_F(DocumentsTest, RememberFilesAndLayout) {
  surface.to_drop = {"second"};
  settle();
  documents.keep(true);
  ASSERT_EQ(remembered->recent.size(), 2U);
  EXPECT_THAT(remembered->recent[0], HasSubstr("second"));
  EXPECT_EQ(remembered->layout, "wide");
  EXPECT_EQ(remembered->width, 1024);
}

TEST_F(DocumentsTest, WriteANoteAsideAndSayWhatBecameOfIt) {
  const auto write = [&](const char* text) {
    documents.shown().wishes.note = NewNote{1, text};
    documents.shown().around.message.clear();
    while (around().message.empty()) settle();
  };
  write("deployed");
  EXPECT_EQ(noted, (std::vector<std::string>{"first: deployed"}));
  EXPECT_FALSE(around().failed);
  write("full");
  EXPECT_THAT(around().message, HasSubstr("cannot write first"));
  EXPECT_TRUE(around().failed);
}

class OpeningTest : public DocumentsTest {
 protected:
  void open_first(const std::string& file, const std::string& at = "last") {
    WindowOptions options;
    options.file = file;
    options.at = at;
    options.more = {"second"};
    empty.open_first(options);
  }
  void settle_empty() {
    while (empty.opening()) {
      empty.fulfil();
      std::this_thread::yield();
    }
  }

  Documents empty{surface, files, remembered, ""};
};

TEST_F(OpeningTest, TheFirstFileBeginsWhereItWasToldToAndTheOthersFollow) {
  open_first("first", "#3");
  EXPECT_TRUE(empty.opening());
  EXPECT_TRUE(empty.empty());
  settle_empty();
  EXPECT_FALSE(empty.failed());
  EXPECT_EQ(empty.shown().path(), "first");
  EXPECT_EQ(empty.shown().instant()->snapshot, 3);
  EXPECT_EQ(empty.shown().around.files.size(), 2U);
}

TEST_F(OpeningTest, TheFirstFileThatCannotBeOpenedEndsIt) {
  open_first("bad");
  settle_empty();
  EXPECT_TRUE(empty.empty());
  ASSERT_TRUE(empty.failed());
  EXPECT_THAT(empty.failed()->message, HasSubstr("cannot open bad"));
}

TEST_F(OpeningTest, AnInstantThatIsNotThereIsWrongUsage) {
  open_first("first", "#99");
  settle_empty();
  ASSERT_TRUE(empty.failed());
  EXPECT_EQ(empty.failed()->code, Error::Code::kUsage);
}

TEST(Overview, IsReadAsFarAsSomebodyWantsIt) {
  std::vector<double> shares;
  const auto recording = *open_fake("first");
  const auto overview = read_overview(recording, "", [&](double share) {
    shares.push_back(share);
    return shares.size() < 3;
  });
  EXPECT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[0], 0);
  EXPECT_GT(shares[2], shares[1]);
  EXPECT_THAT(overview.error, HasSubstr("stopped"));
}

// A window that is closed while it looks for findings in a large file must not stay.
TEST(Desk, ThatEndsStopsTheJobThatRuns) {
  std::atomic<bool> begun = false;
  const int topic = 0;
  {
    Desk desk(*open_fake("first"), [] {});
    desk.ask(&topic, [&](const std::shared_ptr<Recording>& recording) {
      const Table* table = recording->reader().table("process");
      while (recording->reader().rows(*table, 3, nullptr)) begun = true;
    });
    while (!begun) std::this_thread::yield();
    EXPECT_EQ(desk.reached(&topic), 3);
  }
}

TEST(Desk, StopsAJobOfATopicAndGoesOnWithTheNext) {
  Desk desk(*open_fake("first"), [] {});
  const int endless = 0, other = 0;
  std::atomic<bool> begun = false, done = false;
  desk.ask(&endless, [&](const std::shared_ptr<Recording>& recording) {
    const Table* table = recording->reader().table("process");
    while (recording->reader().rows(*table, 3, nullptr)) begun = true;
  });
  while (!begun) std::this_thread::yield();
  desk.stop(&other);
  EXPECT_TRUE(desk.busy()) << "that one does not run";
  desk.ask(&other, [&](const std::shared_ptr<Recording>& recording) {
    done = recording->reader().rows(*recording->reader().table("process"), 1, nullptr).has_value();
  });
  desk.stop(&endless);
  while (desk.busy()) std::this_thread::yield();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace beamtape
