#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analyzer/load/text.h"
#include "analyzer/report/plot.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMega = 1 << 20;

TEST(Plot, AnAxisEndsAtARoundNumber) {
  EXPECT_EQ(axis_top(0, Unit::kCount), 1);
  EXPECT_EQ(axis_top(7, Unit::kCount), 10);
  EXPECT_EQ(axis_top(1300, Unit::kCount), 2000);
  EXPECT_EQ(axis_top(1300, Unit::kBytes), 2048);
  EXPECT_EQ(axis_top(3.0 * 1024 * 1024, Unit::kBytes), 5.0 * 1024 * 1024);
}

TEST(Plot, APeakBetweenThousandsOfPointsIsDrawn) {
  PlotSpec spec;
  PlotLine line{"queue", {}};
  for (int i = 0; i < 100'000; ++i) {
    spec.seconds.push_back(i);
    line.values.push_back(i == 54'321 ? 1000 : 1);
  }
  spec.lines = {line};
  const auto svg = svg_plot(spec);
  // The peak reaches the upper edge, y 16.
  EXPECT_THAT(svg, HasSubstr(" 16.0L"));
  EXPECT_LT(svg.size(), 100'000u);
}

TEST(Plot, AHoleIsNotBridged) {
  PlotSpec spec;
  spec.seconds = {0, 1, 2, 3, 4};
  spec.lines = {{"x", {1, 1, kNaN, 1, 1}}};
  const auto svg = svg_plot(spec);
  const auto path = svg.substr(svg.find("line1"));
  const auto data = path.substr(0, path.find("/>"));
  EXPECT_EQ(std::count(data.begin(), data.end(), 'M'), 2);
}

TEST(Text, IsNeverMarkup) {
  EXPECT_EQ(markup_text("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
}

class ReportTest : public ::testing::Test {
 protected:
  ~ReportTest() override {
    for (const auto& path : made_) std::filesystem::remove(path);
  }
  std::string path(const std::string& ending) {
    made_.push_back(::testing::TempDir() + "report_" + std::to_string(getpid()) + ending);
    std::filesystem::remove(made_.back());
    return made_.back();
  }
  std::string made(const Story& story, const std::string& ending) {
    const auto file = path(ending);
    const auto result = run_on(story, {"report", "f", "-o", file});
    EXPECT_EQ(result.code, 0) << result.err;
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::vector<std::string> made_;
};

Story leak() {
  auto story =
      Trouble().group("<script>alert(1)</script>", [](int i) { return 200 + 30 * i; }).story();
  story.note(12, "deploy <4711>");
  story.gap(20, 21, "node down");
  return story;
}

TEST_F(ReportTest, InHtmlIsWholeAndLoadsNothing) {
  const auto html = made(leak(), ".html");
  EXPECT_THAT(html, HasSubstr("process-leak"));
  EXPECT_THAT(html, HasSubstr("Why it may be wrong."));
  EXPECT_THAT(html, HasSubstr("gap: node down"));
  EXPECT_THAT(html, HasSubstr("deploy &lt;4711&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  for (const char* loads : {"http://", "https://", "src=", "url(", "@import", "<link"}) {
    EXPECT_THAT(html, Not(HasSubstr(loads)));
  }
}

// Row after row of the table under `title` in Markdown.
std::vector<std::string> rows_under(const std::string& text, const std::string& title) {
  std::vector<std::string> rows;
  std::istringstream lines(text.substr(text.find("### " + title)));
  for (std::string line; std::getline(lines, line) && !line.starts_with("## ");) {
    if (line.starts_with("### ") && !rows.empty()) break;
    if (!line.empty() && !line.starts_with("###")) rows.push_back(line);
  }
  return rows;
}

TEST_F(ReportTest, RanksAllocatorsByWhatBothKindsOfCarriersHold) {
  Story story;
  story.node("shop@here");
  story.snapshot(0);
  const auto add = [&](int instance, std::int64_t mbcs, std::int64_t sbcs) {
    story.row(allocator_table(), "eheap_alloc/" + std::to_string(instance))
        .text("allocator", "eheap_alloc")
        .number("instance", instance)
        .number("mbcs_blocks", 1)
        .number("mbcs_blocks_size", kMega)
        .number("mbcs_carriers_size", mbcs)
        .number("sbcs_blocks", 1)
        .number("sbcs_blocks_size", kMega)
        .number("sbcs_carriers_size", sbcs);
  };
  add(1, 8 * kMega, kMega);
  add(2, kMega, 64 * kMega);
  const auto rows = rows_under(made(story, ".md"), "Allocators by what they hold without data");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[2], HasSubstr("| eheap\\_alloc/2 | 63.0 MiB | 65.0 MiB |"));
  EXPECT_THAT(rows[3], HasSubstr("| eheap\\_alloc/1 | 7.00 MiB | 9.00 MiB |"));
}

TEST_F(ReportTest, SaysWhoHasNoPlaceInATable) {
  Story story;
  story.node("shop@here");
  story.snapshot(0);
  for (int i = 0; i < 12; ++i) {
    auto row = story.process("<0." + std::to_string(80 + i) + ".0>").number("reductions", i);
    if (i < 10) row.number("memory", 1000 * i);
    if (i >= 10) row.not_read("memory", Missing::kLongMailbox);
  }
  const std::string note =
      "2 processes are not ranked: memory was not read (mailbox over 10 000 messages)";
  EXPECT_THAT(made(story, ".html"), HasSubstr(note));
  EXPECT_THAT(made(story, ".json"), HasSubstr("\"note\": \"" + note + "\""));
}

TEST_F(ReportTest, OfOneSnapshotSaysWhatCannotBeTold) {
  Story story;
  story.node("shop@here");
  story.snapshot(0);
  story.node_row().number("memory_total", 1000);
  EXPECT_THAT(made(story, ".html"),
              HasSubstr("<dt>Not told</dt><dd>how shop@here changed, rates, and where its memory "
                        "went: they need two snapshots, there is one</dd>"));
}

TEST_F(ReportTest, InMarkdownEscapesNames) {
  const auto text = made(leak(), ".md");
  EXPECT_THAT(text, HasSubstr("# Beamtape: shop@here"));
  EXPECT_THAT(text, HasSubstr("\\<script\\>"));
  EXPECT_THAT(text, HasSubstr("| Processes: processes | 100 | 100 | 100 |"));
}

TEST_F(ReportTest, InJsonHoldsTheSameFindingsAsTheCommand) {
  const auto report = nlohmann::json::parse(made(leak(), ".json"));
  const auto command = nlohmann::json::parse(run_on(leak(), {"findings", "f", "--json"}).out);
  EXPECT_EQ(report.at("findings"), command.at("findings"));
  EXPECT_EQ(report.at("nodes").at(0).at("times").size(), 60u);
}

TEST_F(ReportTest, IsTheSameTwice) { EXPECT_EQ(made(leak(), ".html"), made(leak(), ".html")); }

TEST_F(ReportTest, IsTheOwnersAloneAndNeverOverwrites) {
  const auto file = path(".html");
  EXPECT_EQ(run_on(leak(), {"report", "f", "-o", file}).code, 0);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const auto again = run_on(leak(), {"report", "f", "-o", file});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
}

TEST_F(ReportTest, SaysWhatIsWrongWithItsName) {
  EXPECT_EQ(run_on(leak(), {"report", "f", "-o", "incident.pdf"}).code, 2);
  EXPECT_EQ(run_on(leak(), {"report", "f"}).code, 2);
  EXPECT_NE(run_on(leak(), {"report", "f", "-o", "/no/such/folder/x.html"}).code, 0);
}

}  // namespace
}  // namespace beamtape
