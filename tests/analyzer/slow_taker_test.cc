// Whoever takes an answer slowly, as a pager does, keeps no recorder from storing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "analyzer/commands/held_output.h"
#include "schema/store/writer.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;

// Takes so many parts, and then no more.
class Taker : public Output {
 public:
  explicit Taker(std::size_t most = 100) : most_(most) {}
  bool write(std::string_view text) override {
    if (taken.size() == most_) return false;
    taken.emplace_back(text);
    return true;
  }
  std::vector<std::string> taken;

 private:
  std::size_t most_;
};

TEST(HeldOutput, KeepsAnAnswerUntilItIsReleased) {
  Taker taker;
  HeldOutput held(taker, 10);
  EXPECT_TRUE(held.write("one "));
  EXPECT_TRUE(held.write("two"));
  EXPECT_TRUE(taker.taken.empty());
  EXPECT_TRUE(held.release());
  EXPECT_THAT(taker.taken, ElementsAre("one two"));
  EXPECT_TRUE(held.write("three"));
  EXPECT_THAT(taker.taken, ElementsAre("one two", "three"));
}

TEST(HeldOutput, PassesOnWhatIsTooMuchToKeep) {
  Taker taker(2);
  HeldOutput held(taker, 10);
  EXPECT_TRUE(held.write("123456"));
  EXPECT_TRUE(held.write("78901"));
  EXPECT_THAT(taker.taken, ElementsAre("123456", "78901"));
  EXPECT_FALSE(held.write("more"));
  EXPECT_FALSE(held.release());
}

// A recorder that is bounded, and goes on in a recording.
class Recorder {
 public:
  explicit Recorder(const std::string& path) {
    Writer::Options options;
    options.max_bytes = 4 << 20;
    auto writer = Writer::append(path, options);
    if (writer) writer_ = std::move(*writer);
  }
  bool is_open() const { return writer_ != nullptr; }

  Expected<void> store() {
    const auto id = writer_->last_snapshot() + 1;
    if (auto begun = writer_->begin(id, id, 1); !begun) return begun;
    const Table& table = process_table();
    RowGroup rows;
    rows.grow(table.columns.size(), 1000);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      rows.columns[0].set(i, static_cast<Cell>(i) << 2);
      for (const char* column : {"reductions", "memory", "heap_size"}) {
        rows.columns[table.index_of(column)].set(i, static_cast<Cell>(random_() >> 24));
      }
    }
    if (auto put = writer_->put_rows(table, 0, std::move(rows)); !put) return put;
    Aggregates all;
    all.node.assign(node_table().columns.size(), 1);
    if (auto put = writer_->put_aggregates(all); !put) return put;
    SnapshotRecord record;
    record.began_wall_us = record.ended_wall_us = kNoon + id * 1'000'000;
    record.began_mono_us = id * 1'000'000;
    record.interval_us = 1'000'000;
    if (auto done = writer_->commit(record); !done) return tl::unexpected(done.error());
    return {};
  }

 private:
  std::unique_ptr<Writer> writer_;
  std::mt19937_64 random_{1};
};

// Much is recorded before it takes the first part.
class SlowTaker : public Output {
 public:
  explicit SlowTaker(Recorder& recorder) : recorder_(recorder) {}
  bool write(std::string_view) override {
    for (int i = 0; i < 150 && !has_taken; ++i) {
      if (const auto stored = recorder_.store(); !stored) refused = stored.error().message;
    }
    return has_taken = true;
  }
  bool has_taken = false;
  std::string refused;

 private:
  Recorder& recorder_;
};

TEST(SlowTaker, OfAnyAnswerLetsABoundedRecordingGoOn) {
  const std::string path =
      ::testing::TempDir() + "beamtape_slow_" + std::to_string(getpid()) + ".beamtape";
  std::filesystem::remove(path);
  ASSERT_TRUE(write_story(Trouble().group("cart", rising(100, 5)).story(), path));
  Recorder recorder(path);
  ASSERT_TRUE(recorder.is_open());
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"info", path},
                                             {"show", "processes", path},
                                             {"show", "processes", path, "--json"},
                                             {"show", "processes", path, "--format", "csv"},
                                             {"findings", path, "--json"},
                                             {"tree", path, "--json"},
                                             {"waits", path},
                                             {"diff", path, "--json"},
                                             {"series", path, "node", "memory_total"},
                                             {"check", path}}) {
    SlowTaker out(recorder);
    Taker err;
    run_program(words, Reader::open, out, err);
    EXPECT_TRUE(out.has_taken) << ::testing::PrintToString(words);
    EXPECT_EQ(out.refused, "") << ::testing::PrintToString(words);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace beamtape
