#include "analyzer/view/session.h"

#include <algorithm>

namespace beamtape {

namespace {

enum Topic { kRowsTopic, kTextTopic, kLifeTopic, kFindingsTopic, kWaitsTopic };

// Text is made for this many rows above and below what is visible, so that scrolling meets it.
constexpr std::size_t kMargin = 150;
constexpr double kShortestView = 0.1;  // seconds

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

void Session::visit(Place place) {
  if (place == place_) return;
  place_ = place;
  visited_.resize(back_at_ + 1);
  visited_.push_back(std::move(place));
  back_at_ = visited_.size() - 1;
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
  auto have = rows_->get();
  if (!(question == asked_rows_)) {
    asked_rows_ = question;
    rows_desk_.ask(kRowsTopic, [tray = rows_, question](Recording& recording) {
      tray->put(find_rows(recording, question, tray->get()));
    });
  }
  // The old order stays usable until the new one is there, but not that of another table.
  return have && have->question.table == question.table ? have : nullptr;
}

std::shared_ptr<const RowsText> Session::rows_text(const std::shared_ptr<const Rows>& rows,
                                                   std::size_t first, std::size_t count) {
  auto have = text_->get();
  const std::size_t end = std::min(first + count, rows->order.size());
  const bool fits =
      have && have->of == rows && have->first <= first && have->first + have->rows.size() >= end;
  const std::pair wanted{rows, std::pair{first, count}};
  if (!fits && wanted != asked_text_) {
    asked_text_ = wanted;
    const std::size_t from = first > kMargin ? first - kMargin : 0;
    rows_desk_.ask(kTextTopic, [tray = text_, rows, from, count](Recording&) {
      tray->put(text_of(rows, from, count + 2 * kMargin));
    });
  }
  return have && have->of->question.table == rows->question.table ? have : nullptr;
}

std::shared_ptr<const LifeText> Session::life() {
  const Instant* now = instant();
  if (place_.subject.empty() || !now) return nullptr;
  const std::pair wanted{place_.subject, now->snapshot};
  if (wanted != asked_life_) {
    asked_life_ = wanted;
    answers_desk_.ask(kLifeTopic,
                      [tray = life_, wanted, node = overview_.node,
                       start = overview_.instants.front().wall_us](Recording& recording) {
                        tray->put(std::make_shared<LifeText>(
                            read_life_text(recording, wanted.first, node, wanted.second, start)));
                      });
  }
  auto have = life_->get();
  return have && have->subject == place_.subject ? have : nullptr;
}

std::shared_ptr<const FindingsText> Session::findings() {
  if (!asked_findings_ && !overview_.instants.empty()) {
    asked_findings_ = true;
    const std::pair range{overview_.instants.front().snapshot, overview_.instants.back().snapshot};
    answers_desk_.ask(kFindingsTopic,
                      [tray = findings_, range, node = overview_.node](Recording& recording) {
                        auto text = std::make_shared<FindingsText>();
                        auto found = find_findings(recording, node, range);
                        if (found) {
                          text->found = std::move(*found);
                        } else {
                          text->error = found.error().message;
                        }
                        tray->put(text);
                      });
  }
  return findings_->get();
}

std::shared_ptr<const WaitsText> Session::waits() {
  const Instant* now = instant();
  if (!now) return nullptr;
  if (asked_waits_ != now->snapshot) {
    asked_waits_ = now->snapshot;
    answers_desk_.ask(kWaitsTopic, [tray = waits_, id = now->snapshot](Recording& recording) {
      auto text = std::make_shared<WaitsText>();
      text->snapshot = id;
      auto found = read_waits(recording, *recording.snapshot(id));
      if (found) {
        text->found = std::move(*found);
      } else {
        text->error = found.error().message;
      }
      tray->put(text);
    });
  }
  return waits_->get();
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
