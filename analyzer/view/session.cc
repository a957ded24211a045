#include "analyzer/view/session.h"

#include <algorithm>

#include "analyzer/report/report.h"

namespace beamtape {

namespace {

// Text is made for this many rows above and below what is visible, so that scrolling meets it.
constexpr std::size_t kMargin = 150;
constexpr double kShortestView = 0.1;  // seconds

// Of a recording that keeps a bound, while it is being recorded.
tl::unexpected<Error> dropped() {
  return fail(Error::Code::kNotFound, "this snapshot is no longer in the file");
}

}  // namespace

Session::Session(Recording rows, Recording answers, std::string node, std::function<void()> wake)
    : path_(rows.path()),
      overview_(read_overview(rows, node)),
      rows_desk_(std::move(rows), wake),
      answers_desk_(std::move(answers), wake) {
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

std::shared_ptr<const Rows> Session::rows(const RowsQuestion& question) {
  // The desks end before the trays do.
  auto have = rows_.ask(rows_desk_, question, [this, question](Recording& recording) {
    return find_rows(recording, question, rows_.newest());
  });
  // The old order stays usable until the new one is there, but not that of another table.
  return have && have->question.table == question.table ? have : nullptr;
}

std::shared_ptr<const RowsText> Session::rows_text(const std::shared_ptr<const Rows>& rows,
                                                   std::size_t first, std::size_t count) {
  auto have = text_.newest();
  const std::size_t end = std::min(first + count, rows->order.size());
  const bool fits =
      have && have->of == rows && have->first <= first && have->first + have->rows.size() >= end;
  if (!fits) {
    const std::size_t from = first > kMargin ? first - kMargin : 0;
    have = text_.ask(rows_desk_, {rows, {first, count}}, [rows, from, count](Recording&) {
      return text_of(rows, from, count + 2 * kMargin);
    });
  }
  return have && have->of->question.table == rows->question.table ? have : nullptr;
}

std::shared_ptr<const Sparks> Session::sparks(const std::shared_ptr<const Rows>& rows,
                                              std::size_t first, std::size_t count,
                                              const std::string& metric) {
  if (overview_.instants.empty()) return nullptr;
  const auto& instants = overview_.instants;
  const SparksQuestion question{
      rows,
      first,
      count,
      metric,
      {instants[position_at(from_s)].snapshot, instants[position_at(to_s)].snapshot}};
  const auto before = sparks_.newest();
  if (before && before->whole && before->question == question) return before;
  if (!sparks_.asked(question)) {
    *stale_sparks_ = true;  // whatever is being read is for rows that nobody sees any more
    stale_sparks_ = std::make_shared<std::atomic<bool>>(false);
  }
  return sparks_.ask(
      answers_desk_, question,
      [question, stale = stale_sparks_, start = instants.front().wall_us](Recording& recording) {
        return std::make_shared<const Sparks>(read_sparks(recording, question, start, *stale));
      });
}

void Session::copy_table(const std::shared_ptr<const Rows>& rows) {
  csv_.ask(rows_desk_, {rows, ++copies_},
           [rows](Recording&) { return std::make_shared<const std::string>(csv_of(rows)); });
}

std::shared_ptr<const std::string> Session::copied() {
  auto newest = csv_.newest();
  if (newest == taken_) return nullptr;
  taken_ = newest;
  return newest;
}

void Session::make_report() {
  report_.ask(answers_desk_, ++reports_, [](Recording& recording) {
    const auto report = beamtape::make_report(recording);
    return std::make_shared<const Expected<std::string>>(
        report ? Expected<std::string>(report_html(*report)) : tl::unexpected(report.error()));
  });
}

std::shared_ptr<const Expected<std::string>> Session::reported() {
  auto newest = report_.newest();
  if (newest == taken_report_) return nullptr;
  taken_report_ = newest;
  return newest;
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

std::shared_ptr<const LifeText> Session::life() {
  const Instant* now = instant();
  if (place_.subject.empty() || !now) return nullptr;
  auto have = life_.ask(answers_desk_, {place_.subject, {now->snapshot, overview_.instants.size()}},
                        [subject = place_.subject, node = overview_.node, id = now->snapshot,
                         start = overview_.instants.front().wall_us](Recording& recording) {
                          return std::make_shared<const LifeText>(
                              read_life_text(recording, subject, node, id, start));
                        });
  return have && have->subject == place_.subject ? have : nullptr;
}

std::shared_ptr<const FindingsText> Session::findings() {
  if (overview_.instants.empty()) return nullptr;
  // They read everything: of a file that grows again when it is a tenth longer.
  const std::size_t count = overview_.instants.size();
  if (count < findings_of_ || count > findings_of_ + findings_of_ / 10) findings_of_ = count;
  const std::pair range{overview_.instants.front().snapshot, overview_.instants.back().snapshot};
  return findings_.ask(answers_desk_, findings_of_,
                       [range, node = overview_.node](Recording& recording) {
                         auto text = std::make_shared<FindingsText>();
                         auto found = find_findings(recording, node, range);
                         if (found) {
                           text->found = std::move(*found);
                         } else {
                           text->error = found.error().message;
                         }
                         return text;
                       });
}

std::shared_ptr<const WaitsText> Session::waits() {
  const Instant* now = instant();
  if (!now) return nullptr;
  return waits_.ask(answers_desk_, now->snapshot, [id = now->snapshot](Recording& recording) {
    auto text = std::make_shared<WaitsText>();
    text->snapshot = id;
    const SnapshotRecord* at = recording.snapshot(id);
    auto found = at ? read_waits(recording, *at) : Expected<Waits>(dropped());
    if (found) {
      text->found = std::move(*found);
      text->picture = wait_picture(text->found);
    } else {
      text->error = found.error().message;
    }
    return text;
  });
}

std::shared_ptr<const DiffText> Session::diff() {
  const auto ends = compared();
  if (!ends) return nullptr;
  const std::pair ids{overview_.instants[ends->first].snapshot,
                      overview_.instants[ends->second].snapshot};
  auto have = diff_.ask(answers_desk_, ids, [ids](Recording& recording) {
    return std::make_shared<const DiffText>(read_diff_text(recording, ids.first, ids.second));
  });
  return have && have->snapshots == ids ? have : nullptr;
}

std::shared_ptr<const AllocText> Session::allocators() {
  const Instant* now = instant();
  if (!now) return nullptr;
  return allocators_.ask(answers_desk_, now->snapshot, [id = now->snapshot](Recording& recording) {
    auto text = std::make_shared<AllocText>();
    text->snapshot = id;
    const auto table = recording.subject("allocator");
    const SnapshotRecord* at = recording.snapshot(id);
    auto frame = !at     ? Expected<Frame>(dropped())
                 : table ? recording.frame(**table, *at)
                         : Expected<Frame>(tl::unexpected(table.error()));
    if (!frame) {
      text->error = frame.error().message;
      return text;
    }
    text->current = allocator_views(*frame, Moment::kCurrent);
    text->max = allocator_views(*frame, Moment::kMax);
    text->cache = cache_hit_rates(*frame);
    return text;
  });
}

void Session::ask_tree(const std::string& sort) {
  const Instant* now = instant();
  if (!now) return;
  tree_.ask(answers_desk_, {now->snapshot, sort}, [id = now->snapshot, sort](Recording& recording) {
    return std::make_shared<const TreeText>(read_tree_text(recording, id, sort));
  });
}

std::shared_ptr<const Track> Session::scheduler_use() {
  if (overview_.instants.empty()) return nullptr;
  auto have = scheduler_use_.ask(
      answers_desk_, overview_.instants.size(), [node = overview_.node](Recording& recording) {
        return std::make_shared<const Track>(read_scheduler_use(recording, node));
      });
  return have && have->values.size() == overview_.instants.size() ? have : nullptr;
}

std::optional<std::pair<std::size_t, std::size_t>> Session::compared() const {
  if (!mark_a && !mark_b) return std::nullopt;
  const std::size_t a = mark_a.value_or(at_), b = mark_b.value_or(at_);
  if (a == b || std::max(a, b) >= overview_.instants.size()) return std::nullopt;
  return std::pair{a, b};
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
