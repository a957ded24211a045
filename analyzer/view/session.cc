#include "analyzer/view/session.h"

#include <algorithm>

#include "analyzer/view/asked.h"

namespace beamtape {

namespace {

constexpr double kShortestView = 0.1;  // seconds

}  // namespace

Session::Session(Recording rows, Recording answers, const std::string& node,
                 std::function<void()> wake)
    : path_(rows.path()),
      overview_(read_overview(rows, node)),
      asked_(std::make_unique<Asked>()),
      rows_desk_(std::move(rows), wake),
      answers_desk_(std::move(answers), wake) {
  begin();
}

Session::Session(Recording rows, Recording answers, Overview overview, std::function<void()> wake)
    : path_(rows.path()),
      overview_(std::move(overview)),
      asked_(std::make_unique<Asked>()),
      rows_desk_(std::move(rows), wake),
      answers_desk_(std::move(answers), wake) {
  begin();
}

Session::~Session() = default;

void Session::begin() {
  if (!overview_.instants.empty()) at_ = overview_.instants.size() - 1;
  place_.panel = "findings";
  visited_.push_back(place_);
  show_all();
}

void Session::renew(Recording rows, Recording answers, Overview overview) {
  const auto id_at = [&](std::size_t position) {
    return position < overview_.instants.size() ? overview_.instants[position].snapshot : 0;
  };
  const auto position_of = [&](std::int64_t id) {
    const auto found = std::find_if(overview.instants.begin(), overview.instants.end(),
                                    [id](const Instant& one) { return one.snapshot >= id; });
    return static_cast<std::size_t>(found - overview.instants.begin());
  };
  const bool at_end = at_ + 1 >= overview_.instants.size();
  const bool whole = overview_.seconds.empty() || to_s >= overview_.seconds.back();
  at_ = position_of(id_at(at_));
  for (auto* mark : {&mark_a, &mark_b}) {
    if (*mark) *mark = position_of(id_at(**mark));
    if (*mark && **mark >= overview.instants.size()) mark->reset();
  }
  overview_ = std::move(overview);
  const std::size_t count = overview_.instants.size();
  if (at_end || at_ >= count) at_ = count > 0 ? count - 1 : 0;
  if (whole) show_all();
  rows_desk_.renew(std::make_shared<Recording>(std::move(rows)));
  answers_desk_.renew(std::make_shared<Recording>(std::move(answers)));
}

const Instant* Session::instant() const {
  return overview_.instants.empty() ? nullptr : &overview_.instants[at_];
}

void Session::go_to(std::size_t position) {
  if (overview_.instants.empty()) return;
  at_ = std::min(position, overview_.instants.size() - 1);
}

void Session::step(int snapshots) {
  const auto wanted = static_cast<std::int64_t>(at_) + snapshots;
  go_to(static_cast<std::size_t>(std::max<std::int64_t>(0, wanted)));
}

std::size_t Session::position_at(double seconds) const {
  const auto& all = overview_.seconds;
  const auto after = std::upper_bound(all.begin(), all.end(), seconds);
  if (after == all.begin()) return 0;
  auto position = static_cast<std::size_t>(after - all.begin()) - 1;
  // The nearer one: a person clicks at a point, not before it.
  if (after != all.end() && *after - seconds < seconds - all[position]) ++position;
  return position;
}

void Session::visit(Whereabouts place) {
  if (place == place_) return;
  place_ = place;
  visited_.resize(back_at_ + 1);
  visited_.push_back(std::move(place));
  back_at_ = visited_.size() - 1;
}

void Session::show_filtered(const std::string& panel, const std::string& filter) {
  wanted_filters[panel] = filter;
  show(panel);
}

void Session::show_finding(std::size_t index) {
  wanted_finding = index;
  show("findings");
}

void Session::show(const std::string& panel) { visit({panel, place_.subject}); }
void Session::select(const std::string& subject) { visit({place_.panel, subject}); }

void Session::go_back() {
  if (can_go_back()) place_ = visited_[--back_at_];
}

void Session::go_forward() {
  if (can_go_forward()) place_ = visited_[++back_at_];
}

void Session::pin(const std::string& pid) {
  const auto found = std::find(pinned.begin(), pinned.end(), pid);
  if (found == pinned.end()) {
    pinned.push_back(pid);
  } else {
    pinned.erase(found);
  }
}

void Session::tag(const std::string& pid) {
  constexpr int kTags = 5;
  int& tag = tags[pid];
  tag = (tag + 1) % (kTags + 1);
  if (tag == 0) tags.erase(pid);
}

std::optional<std::pair<std::size_t, std::size_t>> Session::compared() const {
  if (!mark_a && !mark_b) return std::nullopt;
  const std::size_t a = mark_a.value_or(at_), b = mark_b.value_or(at_);
  if (a == b || std::max(a, b) >= overview_.instants.size()) return std::nullopt;
  return std::pair{a, b};
}

std::optional<Compared> Session::comparison() const {
  if (other_file.empty()) {
    const auto ends = compared();
    if (!ends) return std::nullopt;
    return Compared{overview_.instants[ends->first].snapshot,
                    overview_.instants[ends->second].snapshot, ""};
  }
  const auto other = std::find_if(around.files.begin(), around.files.end(),
                                  [&](const OpenFile& one) { return one.path == other_file; });
  if (other == around.files.end() || other->snapshot == 0 || !instant()) return std::nullopt;
  const std::size_t a = mark_a.value_or(at_);
  return Compared{overview_.instants[a].snapshot, other->snapshot, other_file};
}

void Session::compare(std::size_t a, std::size_t b) {
  mark_a = a;
  mark_b = b;
  if (compared()) show("diff");
}

void Session::show_all() {
  from_s = 0;
  to_s = overview_.seconds.empty() ? 1 : std::max(1.0, overview_.seconds.back());
  const double margin = (to_s - from_s) * 0.01;
  from_s -= margin;
  to_s += margin;
}

void Session::zoom(double factor, double around_s) {
  if ((to_s - from_s) * factor < kShortestView) return;
  from_s = around_s - (around_s - from_s) * factor;
  to_s = around_s + (to_s - around_s) * factor;
  const double whole = overview_.seconds.empty() ? 1 : std::max(1.0, overview_.seconds.back());
  if (to_s - from_s > whole * 1.02) show_all();
}

void Session::pan(double seconds) {
  const double whole = overview_.seconds.empty() ? 1 : overview_.seconds.back();
  const double width = to_s - from_s;
  const double moved =
      std::clamp(from_s + seconds, -width / 2, std::max(-width / 2, whole - width / 2));
  from_s = moved;
  to_s = moved + width;
}

}  // namespace beamtape
