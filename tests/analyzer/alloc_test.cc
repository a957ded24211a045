// The five views equal recon_alloc's own: data/allocators.json holds a node's raw numbers and what
// recon said about them (data/make_allocators.erl).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json recon_data() {
  std::ifstream file(BEAMTAPE_SOURCE_DIR "/tests/analyzer/data/allocators.json");
  return json::parse(file);
}

Story story_of(const json& rows) {
  Story story;
  story.node("shop@prod-01");
  story.snapshot(0);
  for (const json& row : rows) {
    const auto allocator = row.at("allocator").get<std::string>();
    const auto instance = row.at("instance").get<std::int64_t>();
    auto made = story.row(allocator_table(), allocator + "/" + std::to_string(instance));
    made.text("allocator", allocator);
    for (const auto& [name, value] : row.items()) {
      if (value.is_number()) made.number(name, value.get<std::int64_t>());
    }
  }
  return story;
}

json answer_of(const Story& story) {
  const auto run = run_on(story, {"alloc", "any", "--json"});
  EXPECT_EQ(run.code, 0) << run.err;
  return json::parse(run.out).at("nodes").at(0);
}

// Each member of an expected object is there and equal.
void expect_members(const json& expected, const json& actual, const std::string& where) {
  for (const auto& [name, value] : expected.items()) {
    EXPECT_EQ(actual.at(name), value) << where << " " << name << " " << actual.dump();
  }
}

void expect_rows(const json& expected, const json& actual, const std::string& where) {
  ASSERT_EQ(expected.size(), actual.size()) << where;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_members(expected[i], actual[i], where + " row " + std::to_string(i));
  }
}

TEST(Alloc, GivesReconsNumbersToTheLastBit) {
  const json data = recon_data();
  const json answer = answer_of(story_of(data.at("rows")));
  for (const char* moment : {"current", "max"}) {
    const json& recon = data.at(moment);
    const json& ours = answer.at(moment);
    for (const char* name : {"used", "allocated", "unused", "usage"}) {
      EXPECT_EQ(ours.at("usage").at(name), recon.at(name)) << moment << " " << name;
    }
    expect_rows(recon.at("fragmentation"), ours.at("fragmentation"), moment);
    expect_rows(recon.at("sbcs_to_mbcs"), ours.at("sbcs_to_mbcs"), moment);
    expect_rows(recon.at("average_block_sizes"), ours.at("average_block_sizes"), moment);
    EXPECT_TRUE(ours.at("left_out").empty());
  }
  json rates = data.at("cache_hit_rates");
  for (json& rate : rates) rate.erase("allocator");
  expect_rows(rates, answer.at("cache_hit_rates"), "cache_hit_rates");
}

TEST(Alloc, CountsThePool) {
  const json data = recon_data();
  std::int64_t pool = 0;
  for (const json& row : data.at("rows")) pool += row.value("mbcs_pool_carriers_size", 0LL);
  ASSERT_GT(pool, 100'000'000);
  const json with = answer_of(story_of(data.at("rows")));
  EXPECT_GT(with.at("current").at("usage").at("allocated").get<std::int64_t>(), pool);
}

TEST(Alloc, LeavesOutAndNamesWhatWasNotRead) {
  Story story;
  story.node("shop@prod-01");
  story.snapshot(0);
  const auto whole = [&](Story::Row row) {
    for (const char* section : {"mbcs", "sbcs"}) {
      for (const char* name : {"_blocks", "_blocks_size", "_carriers_size"}) {
        row.number(std::string(section) + name, 0);
        row.number(std::string(section) + name + "_max", 0);
      }
    }
    return row;
  };
  whole(story.row(allocator_table(), "ets_alloc/1").text("allocator", "ets_alloc"))
      .number("instance", 1)
      .not_read("mbcs_blocks", Missing::kDeadline);
  // A single-block carrier alone, and blocks without a carrier, which cannot be.
  whole(story.row(allocator_table(), "sl_alloc/1").text("allocator", "sl_alloc"))
      .number("instance", 1)
      .number("sbcs_blocks", 2);
  const json current = answer_of(story).at("current");
  EXPECT_EQ(current.at("left_out"), json::array({"ets_alloc/1"}));
  EXPECT_EQ(current.at("sbcs_to_mbcs").at(0).at("ratio"), "infinity");
  EXPECT_EQ(current.at("usage").at("usage"), 1.0);
  const auto text = run_on(story, {"alloc", "any"});
  EXPECT_THAT(text.out, HasSubstr("not counted, because they were not read: ets_alloc/1"));
  EXPECT_THAT(text.out, HasSubstr("infinite"));
}

TEST(Alloc, IsShownAsATableAndAsCsv) {
  const Story story = story_of(recon_data().at("rows"));
  const auto table = run_on(story, {"alloc", "any"});
  EXPECT_EQ(table.code, 0) << table.err;
  for (const char* view : {"usage", "fragmentation", "average_block_sizes", "sbcs_to_mbcs",
                           "cache_hit_rates", "binary_alloc/2"}) {
    EXPECT_THAT(table.out, HasSubstr(view));
  }
  const auto csv = run_on(story, {"alloc", "any", "--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr("\nshop@prod-01,current,usage,,,used,564384632\n"));
  EXPECT_THAT(csv.out, HasSubstr("\nshop@prod-01,current,cache_hit_rates,mseg_alloc,1,hits,188\n"));
}

TEST(Alloc, RefusesATimeOutsideTheRecording) {
  const auto late = run_on(shop_story(), {"alloc", "any", "--at", "#99"});
  EXPECT_EQ(late.code, 2);
  EXPECT_THAT(late.err, HasSubstr("cannot go to #99"));
}

}  // namespace
}  // namespace beamtape
