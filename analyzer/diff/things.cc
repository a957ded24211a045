#include "analyzer/diff/things.h"

#include <algorithm>
#include <utility>

#include "analyzer/load/aggregate_tables.h"

namespace beamtape {

namespace {

bool by_aggregate(const std::string& subject, Matching matching) {
  if (subject == "group" || subject == "allocator") return true;
  return matching == Matching::kName && (subject == "ets" || subject == "port");
}

Expected<Frame> frame_of(const DiffSide& side, const std::string& subject, Matching matching) {
  if (by_aggregate(subject, matching)) {
    return side.recording->sums(*find_aggregate(subject), *side.snapshot);
  }
  const auto table = side.recording->subject(subject);
  if (!table) return tl::unexpected(table.error());
  return side.recording->frame(**table, *side.snapshot);
}

std::string text_of(const Value& value) { return no_value(value) ? "" : csv_text(value); }

}  // namespace

Things::Things(Frame frame, const DiffSide& side)
    : frame_(std::move(frame)),
      columns_(shown_columns(frame_.table())),
      node_name_(side.recording->node_name(*side.snapshot)) {}

Expected<Things> Things::load(const DiffSide& side, const std::string& subject, Matching matching) {
  auto frame = frame_of(side, subject, matching);
  if (!frame) return tl::unexpected(frame.error());
  Things things(std::move(*frame), side);
  things.identified_ =
      matching == Matching::kIdentity && !by_aggregate(subject, matching) && subject != "node";
  things.slots_.reserve(things.frame_.slots().size());
  for (const std::size_t slot : things.frame_.slots()) {
    std::string key = things.key(slot, matching);
    if (!key.empty()) things.slots_.emplace(std::move(key), slot);
  }
  return things;
}

std::string Things::key(std::size_t slot, Matching matching) const {
  if (frame_.table().name == "node") return "node";
  const RowView row = frame_.row(slot);
  if (matching == Matching::kName && frame_.table().name == "process") {
    const Shown* name = find_shown(columns_, "registered_name");
    return name ? text_of(value_of(row, *name)) : "";
  }
  std::string key = text_of(value_of(row, columns_.front()));
  if (const Shown* seen = identified_ ? find_shown(columns_, "first_seen") : nullptr) {
    key += "@" + text_of(value_of(row, *seen));
  }
  return key;
}

std::optional<std::int64_t> Things::number(std::size_t slot, const std::string& column) const {
  const Shown* shown = find_shown(columns_, column);
  if (!shown) return std::nullopt;
  const Cell cell = number_of(frame_.row(slot), *shown);
  return is_missing(cell) ? std::nullopt : std::optional<std::int64_t>(cell);
}

std::string Things::id(std::size_t slot) const {
  return identified_ ? text_of(value_of(frame_.row(slot), columns_.front())) : "";
}

std::string Things::name(std::size_t slot) const {
  if (frame_.table().name == "node") return node_name_;
  const Shown* name = find_shown(columns_, "name");
  return name ? text_of(value_of(frame_.row(slot), *name))
              : text_of(value_of(frame_.row(slot), columns_.front()));
}

}  // namespace beamtape
