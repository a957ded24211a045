#include "tests/live/recording.h"

#include <gtest/gtest.h>

namespace beamtape::live {
namespace {

std::string key_of(const Json& row, const std::string& column) {
  const Json& key = row.at(column);
  return key.is_string() ? key.get<std::string>() : key.dump();
}

}  // namespace

Json analyze(const std::vector<std::string>& arguments) {
  Launch launch{.command = arguments};
  launch.command.insert(launch.command.begin(), BEAMTAPE_ANALYZER);
  const Ended ended = run(launch);
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  EXPECT_EQ(ended.error, "");
  Json answer = Json::parse(ended.out, nullptr, false);
  EXPECT_FALSE(answer.is_discarded()) << ended.out.substr(0, 2000);
  return answer;
}

Rows recorded_rows(const std::filesystem::path& file, const std::string& table,
                   const std::string& at) {
  const Json answer = analyze({"show", table, file, "--format", "json", "--at", at});
  EXPECT_EQ(answer.at("damage"), Json::array());
  const std::string key = answer.at("columns").at(0).at("name");
  Rows rows;
  for (const Json& row : answer.at("rows")) {
    const bool is_new = rows.emplace(key_of(row, key), std::make_shared<Json>(row)).second;
    EXPECT_TRUE(is_new) << "two rows of " << row.at(key);
  }
  return rows;
}

std::size_t for_each_recorded_row(const std::filesystem::path& file, const std::string& table,
                                  const std::function<void(const Json&)>& take) {
  Program analyzer({.command = {BEAMTAPE_ANALYZER, "show", table, file, "--format", "json"}});
  std::size_t rows = 0;
  while (auto line = analyzer.read_line()) {
    // Rows stand on lines of their own, inside the document.
    if (line->rfind("  {", 0) != 0) continue;
    if (line->back() == ',') line->pop_back();
    take(Json::parse(*line));
    ++rows;
  }
  const Ended ended = analyzer.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  return rows;
}

Rows answered_rows(const Json& groups) {
  Rows rows;
  for (const Json& group : groups) {
    const auto row = std::make_shared<Json>(group.at("row"));
    for (const Json& key : group.at("keys")) rows[key] = row;
  }
  return rows;
}

void expect_sound(const std::filesystem::path& file) {
  for (const char* sidecar : {"-wal", "-shm", "-journal"}) {
    EXPECT_FALSE(std::filesystem::exists(file.string() + sidecar)) << sidecar;
  }
  const Json answer = analyze({"check", file, "--json"});
  EXPECT_EQ(answer.value("ok", false), true) << answer;
}

std::vector<Json> record(const World& world, const Node& node, const std::filesystem::path& file,
                         std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {node.name(), "-o", file, "--json"});
  const Ended ended = run(world.recorder(std::move(arguments)));
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.error, "");
  std::vector<Json> snapshots;
  for (const std::string& line : lines_of(ended.out)) {
    snapshots.push_back(Json::parse(line, nullptr, false));
    EXPECT_TRUE(snapshots.back().is_object()) << line;
  }
  expect_sound(file);
  return snapshots;
}

}  // namespace beamtape::live
