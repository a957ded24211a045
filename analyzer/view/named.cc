#include "analyzer/view/named.h"

#include "analyzer/view/rows.h"

namespace beamtape {

namespace {

constexpr std::size_t kMostOfAKind = 8;

struct NamedPlace {
  const char* table;
  const char* key;  // its column
  const char* kind;
};

constexpr NamedPlace kPlaces[] = {
    {"processes", "pid", "process"}, {"ets", "id", "ets"}, {"ports", "port", "port"}};

}  // namespace

NamedThings find_named(const Recording& recording, std::int64_t snapshot, const std::string& part) {
  NamedThings things{part, {}};
  // The words of a filter have no way to hold these.
  if (part.empty() || part.find_first_of("\"\\") != std::string::npos) return things;
  for (const NamedPlace& one : kPlaces) {
    RowsQuestion question{one.table, snapshot, "", "name ~ \"" + part + "\""};
    question.columns = {one.key, "name"};
    const auto rows = find_rows(recording, question, nullptr);
    // A file without such a table, or of another version, has none of them.
    if (!rows->error.empty() || rows->columns.size() != 2) continue;
    const auto text = text_of(rows, 0, kMostOfAKind);
    for (const auto& cells : text->rows) {
      things.found.push_back({one.kind, cells[0].exact, cells[1].text + "  " + cells[0].text});
    }
  }
  return things;
}

}  // namespace beamtape
