// No number is shown of which nobody can tell what it is in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analyzer/commands/rows.h"
#include "analyzer/load/aggregate_tables.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Units, EveryNumberHasOneOrIsSaidToHaveNone) {
  std::vector<const Table*> tables = columnar_tables();
  tables.push_back(&node_table());
  for (const AggregateTable& one : aggregate_tables()) tables.push_back(&one.table);
  for (const Table* table : tables) {
    auto columns = shown_columns(*table);
    for (Shown& one : window_columns(*table)) columns.push_back(std::move(one));
    for (const Shown& one : columns) {
      if (!one.is_number() || one.unit != Unit::kNone || one.kind == Kind::kIdentity) continue;
      // A setting: which element of a row is its key.
      if (one.name == "keypos" || one.name == "delta(keypos)") continue;
      EXPECT_THAT(unit_notes(*table, {&one}, false), HasSubstr(one.name)) << table->name;
    }
  }
}

Story of_schedulers() {
  Story story;
  story.node("a@host");
  for (int i = 0; i < 3; ++i) {
    story.snapshot(10 * i);
    story.row(scheduler_table(), "1")
        .text("type", "normal")
        .number("run_queue_length", 3)
        .number("active_tasks", 4)
        .number("active_time", i < 2 ? 100 : 850)
        .number("total_time", 1000 * (i + 1));
    story.row(scheduler_table(), "2")
        .text("type", "dirty_io")
        .not_read("active_time", Missing::kNotRecorded)
        .not_read("total_time", Missing::kNotRecorded);
  }
  return story;
}

TEST(Units, TimeOfSchedulersIsAShareOfIt) {
  const Story story = of_schedulers();
  const auto ever = run_on(story, {"show", "schedulers", "f"});
  EXPECT_THAT(ever.out, HasSubstr("1  normal                   3             4    28 %\n"));
  EXPECT_THAT(ever.out, HasSubstr("-      ?1\n"));
  EXPECT_THAT(ever.out,
              HasSubstr("\nworked: share of the time since the node began to measure it; "));
  EXPECT_THAT(ever.out, Not(HasSubstr("_time")));
  const auto window = run_on(story, {"show", "schedulers", "f", "--window", "10s"});
  EXPECT_THAT(window.out, HasSubstr("    75 %\n"));
  EXPECT_THAT(window.out, HasSubstr("\nworked: share of the window\n"));
  const auto all = run_on(story, {"show", "schedulers", "f", "--columns", "all"});
  EXPECT_THAT(all.out,
              HasSubstr("\nactive_time, total_time: in a unit that the node does not tell\n"));
  const auto json = nlohmann::json::parse(run_on(story, {"show", "schedulers", "f", "--json"}).out);
  EXPECT_EQ(json.at("rows")[0].at("worked"), 28);
  EXPECT_EQ(json.at("columns").back().at("unit"), "percent");
  EXPECT_THAT(run_on(story, {"show", "schedulers", "f", "--filter", "worked > 20%"}).out,
              HasSubstr("1 of 2 schedulers"));
}

TEST(Units, ACounterThatBeganAnewHasNoShare) {
  Story story = of_schedulers();
  story.snapshot(30);
  story.row(scheduler_table(), "1").number("active_time", 5).number("total_time", 10);
  EXPECT_THAT(run_on(story, {"show", "schedulers", "f", "--window", "10s"}).out,
              HasSubstr("      -\n"));
}

}  // namespace
}  // namespace beamtape
