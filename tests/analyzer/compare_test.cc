#include "analyzer/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(MannWhitney, IsExactForFewRuns) {
  // Two of the 70 orders of four and four are as extreme.
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 4}, {5, 6, 7, 8}), 2.0 / 70, 1e-12);
  EXPECT_NEAR(mann_whitney_p({1}, {2}), 1, 1e-12);
  EXPECT_NEAR(mann_whitney_p({1, 4}, {2, 3}), 1, 1e-12);
}

TEST(MannWhitney, AllowsForTies) {
  EXPECT_EQ(mann_whitney_p({1, 1, 1, 1}, {1, 1, 1, 1}), 1);
  EXPECT_LT(mann_whitney_p({1, 1, 1, 1, 2}, {3, 3, 3, 4, 4}), 0.05);
}

RunSummary run(double memory, double growth = 0) {
  RunSummary one;
  one.otp = "25";
  one.schedulers = 4;
  one.seconds = 60;
  one.work = 1e6;
  one.metrics = {
      {RunMetric::Kind::kNode, "", "memory_total median", Unit::kBytes, memory * kMiB, 8 * kMiB},
      {RunMetric::Kind::kGroup, "cart", "processes growth per hour", Unit::kCount, growth, 200}};
  return one;
}

Comparison of(const Gate& gate, const std::string& metric) {
  for (const Comparison& one : gate.comparisons) {
    if (one.metric.name == metric) return one;
  }
  return {};
}

constexpr auto kSame = Comparison::Verdict::kSame, kWorse = Comparison::Verdict::kWorse,
               kBetter = Comparison::Verdict::kBetter;

TEST(Compare, WithFourRunsASideSmallButProvenDifferencesCount) {
  const std::vector<RunSummary> base{run(200), run(202), run(201), run(203)};
  const std::vector<RunSummary> worse{run(220), run(221), run(222), run(219)};
  const Gate gate = compare_runs(base, worse, false);
  EXPECT_TRUE(gate.tested);
  EXPECT_EQ(of(gate, "memory_total median").verdict, kWorse);
  EXPECT_EQ(of(compare_runs(worse, base, false), "memory_total median").verdict, kBetter);
  EXPECT_EQ(gate.severity(), Severity::kWarning);
}

TEST(Compare, WhatIsNotProvenIsTheSame) {
  const std::vector<RunSummary> base{run(200), run(240), run(210), run(260)};
  const std::vector<RunSummary> mixed{run(215), run(250), run(230), run(205)};
  EXPECT_EQ(of(compare_runs(base, mixed, false), "memory_total median").verdict, kSame);
  EXPECT_FALSE(compare_runs(base, mixed, false).regressed());
}

TEST(Compare, OneAgainstOneNeedsAQuarter) {
  const Gate small = compare_runs({run(200)}, {run(240)}, false);
  EXPECT_FALSE(small.tested);
  EXPECT_EQ(of(small, "memory_total median").verdict, kSame);
  EXPECT_EQ(of(compare_runs({run(200)}, {run(260)}, false), "memory_total median").verdict, kWorse);
}

TEST(Compare, WhatIsBelowTheFloorNeverCounts) {
  EXPECT_EQ(of(compare_runs({run(10)}, {run(17)}, false), "memory_total median").verdict, kSame);
  EXPECT_EQ(
      of(compare_runs({run(10, 0)}, {run(10, 150)}, false), "processes growth per hour").verdict,
      kSame);
  EXPECT_EQ(
      of(compare_runs({run(10, 0)}, {run(10, 250)}, false), "processes growth per hour").verdict,
      kWorse);
}

TEST(Compare, LoadIsTakenOutOnRequest) {
  RunSummary busy = run(200, 500);
  busy.work = 2e6;
  const RunSummary base = run(200, 250);
  EXPECT_EQ(of(compare_runs({base}, {busy}, false), "processes growth per hour").verdict, kWorse);
  EXPECT_EQ(of(compare_runs({base}, {busy}, true), "processes growth per hour").verdict, kSame);
  EXPECT_THAT(compare_runs({base}, {busy}, false).warnings,
              ElementsAre(HasSubstr("the load differs")));
}

TEST(Compare, LoadIsNotTakenOutOfSomeRunsAlone) {
  RunSummary busy = run(200, 500), unknown = run(200, 250);
  busy.work = 2e6;
  unknown.work = 0;
  unknown.path = "u.beamtape";
  for (const auto& [base, candidate] : {std::pair(unknown, busy), {busy, unknown}}) {
    const Gate gate = compare_runs({base}, {candidate}, true);
    EXPECT_EQ(of(gate, "processes growth per hour").base, base.metrics[1].value);
    EXPECT_EQ(of(gate, "processes growth per hour").candidate, candidate.metrics[1].value);
    EXPECT_THAT(gate.warnings, ElementsAre("u.beamtape: its load is not known; nothing is divided "
                                           "by the load"));
  }
}

TEST(Compare, NewFindingsAreARegression) {
  RunSummary leaking = run(200);
  leaking.findings["process-leak session"] = Severity::kCritical;
  const Gate gate = compare_runs({run(200)}, {leaking}, false);
  EXPECT_THAT(gate.new_findings, ElementsAre("process-leak session"));
  EXPECT_EQ(gate.severity(), Severity::kCritical);
  EXPECT_THAT(compare_runs({leaking}, {run(200)}, false).gone_findings,
              ElementsAre("process-leak session"));
}

TEST(Compare, AMetricThatIsKnownIsTakenOutAndCounted) {
  auto known = *parse_suppressions("metric node memory*\nmetric group:* size*\n", {kMetricRule});
  Gate gate = compare_runs({run(200)}, {run(260)}, false);
  const std::size_t rows = gate.comparisons.size();
  suppress_metrics(gate, known);
  EXPECT_EQ(gate.comparisons.size(), rows - 1);
  EXPECT_THAT(gate.suppressed, ElementsAre("metric node memory_total median"));
  EXPECT_EQ(known[0].matched, 1u);
  EXPECT_EQ(known[1].matched, 0u);
  EXPECT_FALSE(gate.regressed());
  Gate better = compare_runs({run(260)}, {run(200)}, false);
  suppress_metrics(better, known);
  EXPECT_EQ(better.comparisons.size(), rows);
}

TEST(Compare, WarnsOfRunsThatAreNotAlike) {
  RunSummary other = run(200);
  other.otp = "27";
  other.schedulers = 8;
  other.seconds = 600;
  EXPECT_EQ(compare_runs({run(200)}, {other}, false).warnings.size(), 3u);
  EXPECT_THAT(compare_runs({run(200)}, {run(200)}, false).warnings, IsEmpty());
  EXPECT_EQ(compare_runs({run(200)}, {run(200)}, false).severity(), std::nullopt);
}

// The story stands for both sides: that of file b is of another life of the node.
RunResult of_two_runs(const Story& story, const std::vector<std::string>& arguments,
                      const std::function<void(FakeReader&)>& prepare = {}) {
  Story other = story;
  for (NodeRecord& node : other.nodes) ++node.creation;
  return run_with(
      [&](const std::string& path) -> Expected<std::unique_ptr<Reader>> {
        auto reader = std::make_unique<FakeReader>(path == "b" ? other : story);
        if (prepare) prepare(*reader);
        return reader;
      },
      arguments);
}

TEST(Compare, WhatARunDidNotRecordIsNotNothing) {
  RunSummary more = run(200);
  more.metrics.push_back(
      {RunMetric::Kind::kNode, "", "memory_ets median", Unit::kBytes, 90 * kMiB, 4 * kMiB});
  more.metrics.push_back(
      {RunMetric::Kind::kNode, "", "memory_ets P95", Unit::kBytes, 95 * kMiB, 4 * kMiB});
  for (const Gate& gate : {compare_runs({run(200)}, {more}, false),
                           compare_runs({run(200), more}, {more, more}, false)}) {
    EXPECT_FALSE(gate.regressed());
    EXPECT_EQ(gate.comparisons.size(), 2u);
    EXPECT_THAT(gate.warnings,
                ElementsAre("not compared, as a run is without it: node memory_ets"));
  }
}

TEST(Compare, AGroupOfWhichMemoryIsNotKnownIsNotWithoutMemory) {
  RunSummary known = run(200);
  known.metrics.push_back(
      {RunMetric::Kind::kGroup, "cart", "memory median", Unit::kBytes, 90 * kMiB, 2 * kMiB});
  const Gate gate = compare_runs({run(200)}, {known}, false);
  EXPECT_FALSE(gate.regressed());
  EXPECT_EQ(of(gate, "memory median").metric.subject, "");
  EXPECT_THAT(gate.vanished, IsEmpty());
  EXPECT_THAT(gate.appeared, IsEmpty());
}

TEST(Compare, GroupsOfARunOfWhichNoneWereReadAreNotNothing) {
  RunSummary none = run(200);
  none.metrics.pop_back();
  const RunSummary with = run(200, 300);
  EXPECT_FALSE(compare_runs({none}, {with}, false).regressed());
  EXPECT_EQ(compare_runs({none}, {with}, false).comparisons.size(), 1u);
  EXPECT_TRUE(compare_runs({run(200)}, {with}, false).regressed());
}

TEST(Compare, AGroupThatARunHasNotIsNothingThere) {
  RunSummary with = run(200);
  with.metrics.push_back(
      {RunMetric::Kind::kGroup, "mailer", "memory median", Unit::kBytes, 90 * kMiB, 2 * kMiB});
  const Gate gate = compare_runs({run(200)}, {with}, false);
  EXPECT_EQ(of(gate, "memory median").verdict, kWorse);
  EXPECT_THAT(gate.appeared, ElementsAre("group mailer"));
}

TEST(CompareCommand, ReducesRecordingsAndGates) {
  const Story same = Trouble().group("cart", [](int) { return 100; }).story();
  const auto alike = of_two_runs(same, {"compare", "a", "--against", "b", "--fail-on", "info"});
  EXPECT_EQ(alike.code, 0) << alike.err;
  EXPECT_THAT(alike.out, HasSubstr("no regression"));
  const auto document =
      nlohmann::json::parse(of_two_runs(same, {"compare", "a", "--against", "b", "--json"}).out);
  EXPECT_EQ(document.at("regressed"), false);
  EXPECT_GT(document.at("rows").size(), 20u);
  EXPECT_THAT(of_two_runs(same, {"compare", "a", "--against", "b", "--format", "junit"}).out,
              HasSubstr("failures=\"0\""));
}

TEST(CompareCommand, SaysWhatDamageItIsWithout) {
  const Story same = Trouble()
                         .also([](Story& story, int at) {
                           story.process("<0.9.0>").number("reductions", 100 * at);
                         })
                         .story();
  const auto damaged = of_two_runs(same, {"compare", "a", "--against", "b", "--fail-on", "info"},
                                   [](FakeReader& reader) {
                                     reader.told_damage = {{3, "process 0-4095"}};
                                   });
  EXPECT_EQ(damaged.code, 3);
  EXPECT_THAT(damaged.err, HasSubstr("cannot read all of"));
}

TEST(CompareCommand, WhatIsSuppressedIsNoRegression) {
  const std::string samples = BEAMTAPE_SOURCE_DIR "/samples/recordings/";
  const std::string known = ::testing::TempDir() + "known";
  std::ofstream(known) << "deadlock stock_server\nport-leak *\n* *\n";
  const std::vector<std::string> command{"compare",   samples + "corpus/web_1.beamtape",
                                         "--against", samples + "demo-format-1.beamtape",
                                         "--fail-on", "warning"};
  EXPECT_EQ(run_on_files(command).code, 1);
  auto with = command;
  for (const auto& word : {"--suppress", known.c_str(), "--json"}) with.emplace_back(word);
  const auto result = run_on_files(with);
  EXPECT_EQ(result.code, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document.at("regressed"), false);
  EXPECT_THAT(document.at("suppressed").dump(), HasSubstr("deadlock stock_server"));
  EXPECT_EQ(document.at("suppressions").at(0).at("matched"), 1);
  EXPECT_EQ(document.at("suppressions").at(1).at("matched"), 0);
  with[with.size() - 2] = ::testing::TempDir();  // a folder
  EXPECT_EQ(run_on_files(with).code, 3);
  with[with.size() - 2] = known + "-that-is-not-there";
  EXPECT_EQ(run_on_files(with).code, 3);
}

TEST(CompareCommand, AFileIsOneRunByWhateverName) {
  const std::filesystem::path demo = kDemo, folder = ::testing::TempDir();
  const auto link = folder / ("same_" + std::to_string(getpid()));
  std::filesystem::remove(link);
  std::filesystem::create_symlink(demo, link);
  const auto refused = [](const std::vector<std::string>& files, const std::string& part) {
    std::vector<std::string> words{"compare"};
    words.insert(words.end(), files.begin(), files.end());
    const auto result = run_on_files(words);
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(part));
  };
  refused({demo, demo, "--against", demo}, "is given twice");
  refused({demo, "--against", link, demo}, "are the same recording");
  refused({demo, demo.parent_path() / "." / demo.filename(), "--against", demo},
          "the same recording");
  const auto copy = folder / ("copy_" + std::to_string(getpid()));
  std::filesystem::copy_file(demo, copy);
  refused({copy, demo, "--against", demo}, "are the same recording");
  // Of a base that is its own candidate nothing would ever be worse.
  refused({demo, "--against", copy, "--fail-on", "info"}, "are the same recording, on both sides");
  refused({demo, "--against", link}, "are the same recording, on both sides");
  refused({demo, "--against", demo}, "is on both sides");
  std::filesystem::remove(copy);
  std::filesystem::remove(link);
}

TEST(CompareCommand, SaysWhichSuppressedMetricThereIsNot) {
  const std::string known = ::testing::TempDir() + "known_" + std::to_string(getpid());
  std::ofstream(known) << "metric node memory*\nmetric node memry_total median\n";
  const auto result =
      of_two_runs(Trouble().story(), {"compare", "a", "--against", "b", "--suppress", known});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err,
              HasSubstr("line 2 of " + known +
                        " suppresses nothing: there is no metric "
                        "'node memry_total median'; nearest: node memory_total median"));
  EXPECT_THAT(result.err, Not(HasSubstr("line 1 of")));
  std::filesystem::remove(known);
}

TEST(CompareCommand, FailsWhereNoSnapshotCouldBeRead) {
  const Story story =
      Trouble().also([](Story& told, int) { told.record().damaged = true; }).story();
  const auto result = of_two_runs(story, {"compare", "a", "--against", "b"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("the rows of all its snapshots are damaged"));
}

TEST(CompareCommand, SaysWhatIsWrong) {
  const Story brief = Trouble(5).story();
  const auto result = of_two_runs(brief, {"compare", "a", "--against", "b"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("has 5 snapshots, 12 are needed"));
  EXPECT_EQ(run_on(brief, {"compare", "a"}).code, 2);
}

}  // namespace
}  // namespace beamtape
