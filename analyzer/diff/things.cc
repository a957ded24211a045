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
  if (things.identified_) {
    things.slots_ = things.frame_.slots();
    return things;
  }
  for (const std::size_t slot : things.frame_.slots()) {
    std::string key = things.key(slot);
    if (key.empty() || !things.by_key_.emplace(std::move(key), slot).second) continue;
    things.slots_.push_back(slot);
  }
  return things;
}

std::string Things::key(std::size_t slot) const {
  if (frame_.table().name == "node") return "node";
  const bool is_process = frame_.table().name == "process";
  const Shown* name = is_process ? column("registered_name") : &columns_.front();
  return name ? text_of(value_of(frame_.row(slot), *name)) : "";
}

std::optional<std::size_t> Things::find(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> Things::match(const Things& other, std::size_t slot) const {
  if (!identified_) return find(other.key(slot));
  // Damage may have left nobody here, of whom nothing can be asked.
  if (!frame_.has_same(other.frame(), slot) || is_missing(frame_.cell(slot, 0))) return {};
  return slot;
}

std::optional<std::int64_t> Things::number(std::size_t slot, const Shown* column) const {
  if (!column) return std::nullopt;
  const Cell cell = number_of(frame_.row(slot), *column);
  return is_missing(cell) ? std::nullopt : std::optional<std::int64_t>(cell);
}

std::string Things::id(std::size_t slot) const {
  return identified_ ? text_of(value_of(frame_.row(slot), columns_.front())) : "";
}

std::string Things::name(std::size_t slot) const {
  if (frame_.table().name == "node") return node_name_;
  const Shown* name = column("name");
  return name ? text_of(value_of(frame_.row(slot), *name))
              : text_of(value_of(frame_.row(slot), columns_.front()));
}

}  // namespace beamtape
