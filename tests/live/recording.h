#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/live/node.h"

namespace beamtape::live {

// Rows by their key, as the analyzer shows them or the node answered them; equal rows of a node's
// answer are one object.
using Rows = std::map<std::string, std::shared_ptr<const Json>>;

// The answer of an analyzer command, which must succeed and be one JSON document.
Json analyze(const std::vector<std::string>& arguments);

// The last snapshot of a table, by its first column.
Rows recorded_rows(const std::filesystem::path& file, const std::string& table,
                   const std::string& at = "last");

// The same row by row, for a table that is too large to be held; the number of rows.
std::size_t for_each_recorded_row(const std::filesystem::path& file, const std::string& table,
                                  const std::function<void(const Json&)>& take);

// [#{keys, row}] as live_answers.erl gives it.
Rows answered_rows(const Json& groups);

// Fails the test unless `beamtape-analyzer check` finds the file whole and no -wal or -shm lies
// beside it.
void expect_sound(const std::filesystem::path& file);

// Runs the recorder; fails the test unless it succeeds, and then checks the file. Returns
// the objects that it printed, one per snapshot.
std::vector<Json> record(const World& world, const Node& node, const std::filesystem::path& file,
                         std::vector<std::string> arguments);

}  // namespace beamtape::live
