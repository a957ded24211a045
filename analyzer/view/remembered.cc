#include "analyzer/view/remembered.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "analyzer/load/value.h"

namespace beamtape {

namespace {

constexpr std::size_t kMostRecent = 10;
// Of a file that somebody may have written by hand.
constexpr std::size_t kMostColumns = 200;
constexpr std::size_t kLongestText = 512;
// Grows with each combination of columns ever shown: then it begins anew.
constexpr std::size_t kLongestLayout = 100'000;

std::vector<std::string> texts_of(const Json& list, std::size_t most) {
  std::vector<std::string> texts;
  if (!list.is_array()) return texts;
  for (const auto& one : list) {
    if (one.is_string() && texts.size() < most) texts.push_back(one.get<std::string>());
  }
  return texts;
}

using Words = std::map<std::string, std::string>;

Words words_of(const Json& all, const char* name) {
  Words words;
  const auto at = all.find(name);
  if (at == all.end() || !at->is_object()) return words;
  for (const auto& [table, text] : at->items()) {
    if (!text.is_string() || text.get_ref<const std::string&>().size() > kLongestText) continue;
    words[table] = text.get<std::string>();
  }
  return words;
}

// Without those that say nothing.
Json words_json(const Words& words) {
  Json all = Json::object();
  for (const auto& [table, text] : words) {
    if (!text.empty()) all[table] = text;
  }
  return all;
}

}  // namespace

void Remembered::opened(const std::string& file) {
  std::error_code failed;
  const auto whole = std::filesystem::absolute(file, failed).lexically_normal().string();
  const std::string& path = failed ? file : whole;
  recent.erase(std::remove(recent.begin(), recent.end(), path), recent.end());
  recent.insert(recent.begin(), path);
  if (recent.size() > kMostRecent) recent.resize(kMostRecent);
}

std::string remembered_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && *state) return std::string(state) + "/beamtape/window.json";
  const char* home = std::getenv("HOME");
  if (home && *home) return std::string(home) + "/.local/state/beamtape/window.json";
  return "";
}

Remembered load_remembered(const std::string& path) {
  Remembered found;
  std::ifstream file(path);
  const Json all = file ? Json::parse(file, nullptr, false) : Json();
  if (!all.is_object()) return found;
  const auto number = [&](const char* name, int least, int most, int otherwise) {
    const auto at = all.find(name);
    if (at == all.end() || !at->is_number_integer()) return otherwise;
    return static_cast<int>(std::clamp<std::int64_t>(at->get<std::int64_t>(), least, most));
  };
  found.light = all.value("light", Json()) == true;
  found.width = number("width", 400, 16'000, found.width);
  found.height = number("height", 300, 16'000, found.height);
  if (all.contains("recent")) found.recent = texts_of(all["recent"], kMostRecent);
  if (all.contains("columns") && all["columns"].is_object()) {
    for (const auto& [table, columns] : all["columns"].items()) {
      found.columns[table] = texts_of(columns, kMostColumns);
    }
  }
  found.sorts = words_of(all, "sorts");
  found.filters = words_of(all, "filters");
  found.groupings = words_of(all, "groupings");
  const auto layout = all.find("layout");
  if (layout != all.end() && layout->is_string()) found.layout = layout->get<std::string>();
  if (found.layout.size() > kLongestLayout) found.layout.clear();
  return found;
}

bool save_remembered(const Remembered& remembered, const std::string& path) {
  if (path.empty()) return false;
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  Json columns = Json::object();
  for (const auto& [table, names] : remembered.columns) {
    if (!names.empty()) columns[table] = names;
  }
  const Json all{{"light", remembered.light},
                 {"width", remembered.width},
                 {"height", remembered.height},
                 {"recent", remembered.recent},
                 {"columns", columns},
                 {"sorts", words_json(remembered.sorts)},
                 {"filters", words_json(remembered.filters)},
                 {"groupings", words_json(remembered.groupings)},
                 {"layout", remembered.layout}};
  std::ofstream file(path);
  // Names of files may be no UTF-8.
  file << all.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  return static_cast<bool>(file.flush());
}

}  // namespace beamtape
