// What the window shows, without drawing it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <thread>

#include "analyzer/view/decimate.h"
#include "analyzer/view/diff_view.h"
#include "analyzer/view/life.h"
#include "analyzer/view/overview.h"
#include "analyzer/view/rows.h"
#include "analyzer/view/session.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(Decimated, KeepsAPeakHoweverFarOutOneZooms) {
  std::vector<double> x, y;
  for (int i = 0; i < 100'000; ++i) {
    x.push_back(i);
    y.push_back(i == 73'421 ? 900 : i % 7);
  }
  const auto kept = decimated(x, y, {0, 100'000}, 50);
  EXPECT_LE(kept.size(), 50U * 4 + 2);
  EXPECT_THAT(kept, Contains(73'421U));
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
}

TEST(Decimated, LeavesOutWhatWasNotReadAndKeepsANeighbourBeyondEitherEdge) {
  const std::vector<double> x{0, 1, 2, 3, 4}, y{5, 5, NAN, 5, 5};
  EXPECT_EQ(decimated(x, y, {0.5, 3.5}, 100), (std::vector<std::size_t>{0, 1, 3, 4}));
  EXPECT_TRUE(decimated({}, {}, {0, 1}, 10).empty());
  EXPECT_TRUE(decimated(x, y, {1, 1}, 10).empty());
}

TEST(Overview, HasAValueForEverySnapshotAndNoneWhereNothingWasRead) {
  const Overview overview = read_overview(shop_recording(), "");
  EXPECT_EQ(overview.error, "");
  EXPECT_EQ(overview.node, "shop@prod-01");
  ASSERT_EQ(overview.instants.size(), 6U);
  EXPECT_DOUBLE_EQ(overview.seconds.back(), 70);
  EXPECT_DOUBLE_EQ(overview.tracks[0].values[0], 31 * 1024 * 1024);
  EXPECT_TRUE(std::isnan(overview.tracks[4].values[0])) << "the story tells of no run queue";
  EXPECT_EQ(track_text(NAN, Unit::kCount, false), "not read");
  ASSERT_EQ(overview.gaps.size(), 1U);
  EXPECT_EQ(overview.gaps[0].reason, "node did not answer");
  ASSERT_EQ(overview.notes.size(), 1U);
}

TEST(Overview, KnowsWhetherAGapLiesBetweenTwoInstants) {
  const Overview overview = read_overview(shop_recording(), "");
  ASSERT_EQ(overview.gaps.size(), 1U);
  const auto& seconds = overview.seconds;
  std::size_t broken = 0;
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    broken += gap_between(overview, seconds[i - 1], seconds[i]) ? 1 : 0;
  }
  EXPECT_EQ(broken, 1U);
  EXPECT_TRUE(gap_between(overview, seconds.front(), seconds.back()));
  EXPECT_FALSE(gap_between(Overview(), 0, 100));
}

TEST(Overview, OfAFileWithoutSnapshotsSaysSo) {
  const Overview overview =
      read_overview(Recording(std::make_unique<FakeReader>(Story()), "empty"), "");
  EXPECT_THAT(overview.error, HasSubstr("no snapshots"));
}

TEST(Rows, AreChosenAndOrderedAsTheWordsSay) {
  const Recording recording = shop_recording();
  const auto rows =
      find_rows(recording, {"processes", 6, "message_queue_len", "reductions > 100"}, nullptr);
  EXPECT_EQ(rows->error, "");
  EXPECT_EQ(rows->total, 4U);
  ASSERT_EQ(rows->order.size(), 3U);
  const auto text = text_of(rows, 0, 100);
  ASSERT_EQ(text->rows.size(), 3U);
  EXPECT_EQ(text->rows[0][0].text, "<0.102.0>");
  EXPECT_EQ(text->rows[0][2].text, "not read");
  EXPECT_EQ(text->rows[0][2].look, CellText::Look::kNotRead);
  EXPECT_THAT(text->rows[0][2].exact, HasSubstr("10 000 messages"));
  EXPECT_EQ(text_of(rows, 2, 100)->rows.size(), 1U);
  EXPECT_EQ(text_of(rows, 99, 100)->rows.size(), 0U);
  EXPECT_THAT(whole_text(*rows, TableFormat::kCsv), HasSubstr("pid,name,memory"));
}

TEST(Rows, ExplainTheirColumns) {
  const auto rows = find_rows(shop_recording(), {"processes", 6, "", ""}, nullptr);
  EXPECT_EQ(rows->columns[0].name, "pid");
  EXPECT_TRUE(rows->columns[0].link);
  EXPECT_THAT(rows->columns[2].explanation, HasSubstr("unit: bytes"));
}

TEST(Rows, TellWhatIsWrongWithAFilterInsteadOfShowingNone) {
  const Recording recording = shop_recording();
  EXPECT_THAT(find_rows(recording, {"processes", 6, "", "memory >"}, nullptr)->error,
              HasSubstr("cannot understand the filter"));
  EXPECT_THAT(find_rows(recording, {"processes", 99, "", ""}, nullptr)->error, HasSubstr("#99"));
  EXPECT_NE(find_rows(recording, {"nothing", 6, "", ""}, nullptr)->error, "");
}

TEST(LifeText, TellsOneProcessAtAnInstant) {
  const auto life = read_life_text(shop_recording(), "shop_mailer", "shop@prod-01", 6, kNoon);
  EXPECT_EQ(life.error, "");
  EXPECT_EQ(life.pid, "<0.102.0>");
  EXPECT_EQ(life.name, "shop_mailer");
  ASSERT_FALSE(life.curves.empty());
  EXPECT_EQ(life.curves[0].values.back(), 36'000);
  const auto nobody = read_life_text(shop_recording(), "nobody", "shop@prod-01", 6, kNoon);
  EXPECT_NE(nobody.error, "");
}

TEST(LifeText, HoldsWhatItOwnedAndWhereItWasAtThatInstant) {
  const auto life = read_life_text(shop_recording(), "<0.101.0>", "shop@prod-01", 2, kNoon);
  EXPECT_EQ(life.absent, "");
  ASSERT_EQ(life.owned.size(), 1U);
  EXPECT_EQ(life.owned[0].kind, "ets");
  EXPECT_THAT(life.owned[0].text, HasSubstr("shop_cache: 20 000 rows")) << "not those of #3";
  ASSERT_EQ(life.stacks.size(), 1U);
  EXPECT_TRUE(life.stacks[0].shown);
  EXPECT_THAT(life.stacks[0].frames[0], HasSubstr("gen_server:loop/7"));
  ASSERT_EQ(life.telling, 4U);
  for (const auto& curve : life.curves) EXPECT_EQ(curve.values.size(), life.seconds.size());
  const auto gone = read_life_text(shop_recording(), "<0.101.0>", "shop@prod-01", 6, kNoon);
  EXPECT_THAT(gone.absent, HasSubstr("Gone"));
  EXPECT_THAT(gone.owned.at(0).text, HasSubstr("30 000 rows")) << "as it was last seen";
}

TEST(LifeText, OfANameIsTheLifeOfThatInstant) {
  EXPECT_EQ(read_life_text(shop_recording(), "Elixir.Shop.Cart", "", 2, kNoon).pid, "<0.101.0>");
  EXPECT_EQ(read_life_text(shop_recording(), "Elixir.Shop.Cart", "", 6, kNoon).pid, "<0.200.0>");
}

TEST(LifeText, ShowsEveryNumberThatChangesAsACurveAndTheOthersAsFacts) {
  Story story;
  story.node("a@host");
  for (int i = 1; i <= 4; ++i) {
    story.snapshot(10 * i);
    story.process("<0.1.0>").number("memory", 5).number("heap_size", i).number("stack_size", 7);
  }
  const Recording recording(std::make_unique<FakeReader>(story), "a");
  const auto life = read_life_text(recording, "<0.1.0>", "", 3, kNoon);
  const auto named = [](const char* name) {
    return [name](const auto& one) { return one.name == name; };
  };
  const auto heap = std::find_if(life.curves.begin(), life.curves.end(), named("heap_size"));
  ASSERT_NE(heap, life.curves.end());
  EXPECT_EQ(heap->values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(heap->text, "3 B");
  EXPECT_NE(heap->explanation, "");
  EXPECT_TRUE(std::none_of(life.curves.begin(), life.curves.end(), named("stack_size")));
  EXPECT_TRUE(std::any_of(life.facts.begin(), life.facts.end(), named("stack_size")));
}

TEST(DiffText, OrdersRowsByAnyNumberAndExplainsIt) {
  const Recording recording = shop_recording();
  const DiffText text = read_diff_text(recording, recording, {1, 5, ""});
  ASSERT_EQ(text.error, "");
  ASSERT_TRUE(text.found.growth);
  ASSERT_EQ(text.tables.size(), text.found.tables.size());
  const auto processes =
      std::find_if(text.found.tables.begin(), text.found.tables.end(),
                   [](const DiffTable& table) { return table.subject == "process"; });
  ASSERT_NE(processes, text.found.tables.end());
  const auto& told = text.tables[static_cast<std::size_t>(processes - text.found.tables.begin())];
  ASSERT_EQ(told.by_metric.size(), processes->metrics.size());
  for (std::size_t metric = 0; metric < processes->metrics.size(); ++metric) {
    EXPECT_NE(told.explanations[metric], "") << processes->metrics[metric].name;
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    for (const std::size_t row : told.by_metric[metric]) {
      const auto difference = processes->rows[row].difference(metric);
      const std::int64_t size = difference ? std::llabs(*difference) : -1;
      EXPECT_LE(size, before);
      before = size;
    }
  }
  EXPECT_NE(read_diff_text(recording, recording, {2, 2, ""}).error, "");
}

TEST(TreeText, IsTheTreeInLinesThatKnowWhatIsBelowThem) {
  const std::string path = BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-1.beamtape";
  const Recording recording(std::move(*Reader::open(path)), path);
  const TreeText text = read_tree_text(recording, 20, "memory");
  ASSERT_EQ(text.error, "");
  ASSERT_FALSE(text.lines.empty());
  EXPECT_EQ(text.lines[0].name, "demo 1.0");
  EXPECT_TRUE(text.lines[0].application);
  EXPECT_GT(text.seconds, 0);
  for (std::size_t i = 0; i < text.lines.size(); ++i) {
    const std::size_t end = i + 1 + text.lines[i].inside;
    ASSERT_LE(end, text.lines.size());
    for (std::size_t k = i + 1; k < end; ++k) {
      EXPECT_GT(text.lines[k].depth, text.lines[i].depth);
    }
    if (end < text.lines.size()) {
      EXPECT_LE(text.lines[end].depth, text.lines[i].depth);
    }
  }
  EXPECT_EQ(read_tree_text(recording, 1, "memory").seconds, 0) << "nothing is before the first";
  EXPECT_NE(read_tree_text(recording, 20, "colour").error, "");
  EXPECT_NE(read_tree_text(recording, 99, "memory").error, "");
}

TEST(Watched, IsToldHowFarReadingHasComeAndStopsIt) {
  Recording recording = shop_recording();
  const auto watch = std::make_shared<Watch>();
  recording.watch(watch);
  const Table* table = recording.reader().table("process");
  EXPECT_TRUE(recording.reader().rows(*table, 3, nullptr));
  EXPECT_EQ(watch->snapshot, 3);
  int seen = 0;
  const auto read = recording.reader().history(
      *table, 0, 1, 6,
      [&](const SnapshotRecord&, const RowGroup&) {
        if (++seen == 2) watch->stopped = true;
        return true;
      },
      nullptr);
  EXPECT_FALSE(read) << "what is not whole is no answer";
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(watch->snapshot, 3);
  EXPECT_FALSE(recording.reader().rows(*table, 4, nullptr));
}

class SessionTest : public ::testing::Test {
 protected:
  Session session{shop_recording(), shop_recording(), "", [] {}};
};

TEST_F(SessionTest, BeginsAtTheEndAndStaysWithinTheRecording) {
  EXPECT_EQ(session.instant()->snapshot, 6);
  session.step(5);
  EXPECT_EQ(session.instant()->snapshot, 6);
  session.step(-100);
  EXPECT_EQ(session.instant()->snapshot, 1);
  EXPECT_EQ(session.position_at(-5), 0U);
  EXPECT_EQ(session.position_at(14), 1U);
  EXPECT_EQ(session.position_at(16), 2U);
  EXPECT_EQ(session.position_at(1e9), 5U);
}

TEST_F(SessionTest, GoesBackAndForwardAsABrowserDoes) {
  session.show("processes");
  session.select("<0.102.0>");
  session.show("ets");
  session.go_back();
  session.go_back();
  EXPECT_EQ(session.place(), (Whereabouts{"processes", ""}));
  session.go_forward();
  EXPECT_EQ(session.place(), (Whereabouts{"processes", "<0.102.0>"}));
  session.show("ports");
  EXPECT_FALSE(session.can_go_forward());
}

TEST_F(SessionTest, ZoomsNoFurtherOutThanTheRecording) {
  session.zoom(100, 30);
  EXPECT_NEAR(session.to_s, 70.7, 0.01);
  session.zoom(0.5, 0);
  EXPECT_LT(session.to_s, 40);
  session.pan(1e9);
  EXPECT_LT(session.from_s, 71);
}

TEST_F(SessionTest, ComparesWithWhatIsShownOfAnotherFileAsDiffOfTwoFilesDoes) {
  int opened = 0;
  session.open_recording = [&opened](const std::string& file) -> Expected<Recording> {
    if (file != "other.beamtape") return fail(Error::Code::kNotFound, "cannot open " + file);
    ++opened;
    return Recording(std::make_unique<FakeReader>(shop_story()), file);
  };
  session.around.files = {
      {"shop.beamtape", "", 6, 0}, {"other.beamtape", "", 2, 0}, {"gone", "", 1, 0}};
  session.go_to(4);
  session.other_file = "other.beamtape";
  EXPECT_EQ(session.comparison(), (Compared{5, 2, "other.beamtape"}));
  const auto settle = [&] {
    while (!session.diff()) std::this_thread::yield();
    return session.diff();
  };
  EXPECT_EQ(settle()->error, "");
  EXPECT_EQ(settle()->found.matching, Matching::kName);
  const Recording a = shop_recording(), b = shop_recording();
  const auto same = diff({&a, a.snapshot(5)}, {&b, b.snapshot(2)});
  ASSERT_TRUE(same);
  ASSERT_EQ(settle()->found.tables.size(), same->tables.size());
  for (std::size_t i = 0; i < same->tables.size(); ++i) {
    EXPECT_EQ(settle()->found.tables[i].rows.size(), same->tables[i].rows.size());
  }
  session.around.files[1].snapshot = 3;
  EXPECT_EQ(settle()->of.b, 3);
  EXPECT_EQ(opened, 1) << "once for all of its instants";
  session.other_file = "gone";
  EXPECT_EQ(settle()->error, "cannot open gone");
  session.other_file = "closed meanwhile";
  EXPECT_EQ(session.comparison(), std::nullopt);
}

TEST_F(SessionTest, ComparesTheTwoEndsOfADrag) {
  session.show("processes");
  EXPECT_EQ(session.compared(), std::nullopt);
  EXPECT_EQ(session.diff(), nullptr);
  session.compare(0, 4);
  EXPECT_EQ(session.place().panel, "diff");
  EXPECT_EQ(session.compared(), (std::pair<std::size_t, std::size_t>(0, 4)));
  while (!session.diff()) std::this_thread::yield();
  EXPECT_EQ(session.diff()->of, (Compared{1, 5, ""}));
  session.go_back();
  EXPECT_EQ(session.place().panel, "processes");
}

TEST_F(SessionTest, TellsWhatAllocatorsHold) {
  while (!session.allocators()) std::this_thread::yield();
  const auto text = session.allocators();
  EXPECT_EQ(text->error, "");
  EXPECT_EQ(text->snapshot, 6);
  EXPECT_THAT(text->current.left_out, Contains("eheap_alloc/1")) << "the story tells too little";
}

TEST_F(SessionTest, HasNoCurveOfSchedulersThatWereNotMeasured) {
  session.scheduler_use();
  while (session.busy()) std::this_thread::yield();
  EXPECT_EQ(session.scheduler_use(), nullptr);
}

TEST(SchedulerTrack, HasAValueForEveryInstantWhereSchedulersWereMeasured) {
  Story story;
  story.node("a@host");
  for (int i = 0; i < 3; ++i) {
    story.snapshot(10 * i);
    story.row(scheduler_table(), "1")
        .text("type", "normal")
        .number("active_time", 250 * i)
        .number("total_time", 1000 * i);
  }
  const Recording recording(std::make_unique<FakeReader>(story), "measured");
  const Track track = read_scheduler_use(recording, "a@host");
  ASSERT_EQ(track.values.size(), 3U);
  EXPECT_TRUE(std::isnan(track.values[0])) << "nothing is known of the time before";
  EXPECT_EQ(text_at(track, 1), "25.0 %");
  EXPECT_EQ(text_at(track, 0), "not read");
}

TEST_F(SessionTest, ComparesOneMarkWithTheShownInstant) {
  session.mark_a = 2;
  EXPECT_EQ(session.compared(), (std::pair<std::size_t, std::size_t>(2, 5)));
  session.go_to(2);
  EXPECT_EQ(session.compared(), std::nullopt) << "one and the same instant";
}

TEST_F(SessionTest, AnswersWithoutHoldingUpTheOneWhoAsks) {
  const RowsQuestion question{"processes", 6, "", ""};
  while (!session.rows(question)) std::this_thread::yield();
  const auto rows = session.rows(question);
  EXPECT_EQ(rows->order.size(), 4U);
  while (!session.rows_text(rows, 0, 10)) std::this_thread::yield();
  const auto others = session.rows({"ets", 6, "", ""});
  EXPECT_TRUE(!others || others->question.table == "ets") << "the rows of another table";
}

}  // namespace
}  // namespace beamtape
