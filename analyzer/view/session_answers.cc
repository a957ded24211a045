// What a session asks of its desks.

#include <algorithm>

#include "analyzer/load/damage_words.h"
#include "analyzer/report/report.h"
#include "analyzer/view/asked.h"
#include "analyzer/view/session.h"

namespace beamtape {

namespace {

// Text is made for this many rows above and below what is visible, so that scrolling meets it.
constexpr std::size_t kMargin = 150;

// Of a recording that keeps a bound, while it is being recorded.
tl::unexpected<Error> dropped() {
  return fail(Error::Code::kNotFound, "this snapshot is no longer in the file");
}

}  // namespace

std::shared_ptr<const Rows> Session::shown_rows() const { return asked_->rows.newest(); }

std::shared_ptr<const TreeText> Session::newest_tree() const { return asked_->tree.newest(); }

std::shared_ptr<const Rows> Session::rows(const RowsQuestion& question) {
  // The desks end before the trays do.
  auto have = asked_->rows.ask(rows_desk_, question, [this, question](Recording& recording) {
    return find_rows(recording, question, asked_->rows.newest());
  });
  // The old order stays usable until the new one is there, but not that of another table.
  return have && have->question.table == question.table ? have : nullptr;
}

std::shared_ptr<const RowsText> Session::rows_text(const std::shared_ptr<const Rows>& rows,
                                                   std::size_t first, std::size_t count) {
  auto have = asked_->text.newest();
  const std::size_t end = std::min(first + count, rows->order.size());
  const bool fits =
      have && have->of == rows && have->first <= first && have->first + have->rows.size() >= end;
  if (!fits) {
    const std::size_t from = first > kMargin ? first - kMargin : 0;
    have = asked_->text.ask(rows_desk_, {rows, {first, count}}, [rows, from, count](Recording&) {
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
  const auto before = asked_->sparks.newest();
  if (before && before->whole && before->question == question) return before;
  if (!asked_->sparks.asked(question)) {
    *asked_->stale_sparks = true;  // whatever is being read is for rows that nobody sees any more
    asked_->stale_sparks = std::make_shared<std::atomic<bool>>(false);
  }
  return asked_->sparks.ask(
      answers_desk_, question,
      [question, stale = asked_->stale_sparks,
       start = instants.front().wall_us](Recording& recording) {
        return std::make_shared<const Sparks>(read_sparks(recording, question, start, *stale));
      });
}

void Session::copy_table(const std::shared_ptr<const Rows>& rows, TableFormat format) {
  asked_->copy.ask(rows_desk_, {rows, ++asked_->copies}, [rows, format](Recording&) {
    return std::make_shared<const std::string>(whole_text(*rows, format));
  });
}

std::shared_ptr<const std::string> Session::copied() {
  auto newest = asked_->copy.newest();
  if (newest == asked_->taken) return nullptr;
  asked_->taken = newest;
  return newest;
}

void Session::make_report() {
  asked_->report.ask(answers_desk_, ++asked_->reports, [](Recording& recording) {
    const auto report = beamtape::make_report(recording);
    return std::make_shared<const Expected<std::string>>(
        report ? Expected<std::string>(report_html(*report)) : tl::unexpected(report.error()));
  });
}

std::shared_ptr<const Expected<std::string>> Session::reported() {
  auto newest = asked_->report.newest();
  if (newest == asked_->taken_report) return nullptr;
  asked_->taken_report = newest;
  return newest;
}

std::shared_ptr<const LifeText> Session::life() {
  const Instant* now = instant();
  if (place_.subject.empty() || !now) return nullptr;
  auto have =
      asked_->life.ask(answers_desk_, {place_.subject, {now->snapshot, overview_.instants.size()}},
                       [subject = place_.subject, node = overview_.node, id = now->snapshot,
                        start = overview_.instants.front().wall_us](Recording& recording) {
                         return std::make_shared<const LifeText>(
                             read_life_text(recording, subject, node, id, start));
                       });
  return have && have->subject == place_.subject ? have : nullptr;
}

std::string Session::selected_pid() const {
  const std::string& subject = place_.subject;
  if (subject.empty() || subject[0] == '<') return subject;
  const auto have = asked_->life.newest();
  return have && have->subject == subject ? have->pid : "";
}

std::shared_ptr<const NamedThings> Session::named(const std::string& part) {
  const Instant* now = instant();
  if (!now || part.empty()) return nullptr;
  auto have = asked_->named.ask(
      rows_desk_, {now->snapshot, part}, [part, id = now->snapshot](Recording& recording) {
        return std::make_shared<const NamedThings>(find_named(recording, id, part));
      });
  return have && have->part == part ? have : nullptr;
}

std::shared_ptr<const FindingsText> Session::findings() {
  if (overview_.instants.empty()) return nullptr;
  // They read everything: of a file that grows again when it is a tenth longer.
  const std::size_t count = overview_.instants.size();
  if (count < asked_->findings_of || count > asked_->findings_of + asked_->findings_of / 10)
    asked_->findings_of = count;
  const std::pair range{overview_.instants.front().snapshot, overview_.instants.back().snapshot};
  return asked_->findings.ask(answers_desk_, asked_->findings_of,
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

std::int64_t Session::findings_reached() const { return asked_->findings.reached(answers_desk_); }

void Session::stop_findings() { asked_->findings.stop(answers_desk_); }

void Session::look_again() { asked_->findings.forget(); }

std::shared_ptr<const WaitsText> Session::waits() {
  const Instant* now = instant();
  if (!now) return nullptr;
  return asked_->waits.ask(
      answers_desk_, now->snapshot, [id = now->snapshot](Recording& recording) {
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
  const auto wanted = comparison();
  if (!wanted) return nullptr;
  auto have = asked_->diff.ask(
      answers_desk_, *wanted,
      [of = *wanted, open = open_recording, kept = asked_->other](Recording& recording) {
        if (of.other.empty()) {
          return std::make_shared<const DiffText>(read_diff_text(recording, recording, of));
        }
        // Opened anew also where it has grown since.
        if (!*kept || (*kept)->path() != of.other || !(*kept)->snapshot(of.b)) {
          auto opened = open(of.other);
          if (!opened) {
            auto text = std::make_shared<DiffText>();
            text->of = of;
            text->error = opened.error().message;
            return std::shared_ptr<const DiffText>(text);
          }
          *kept = std::make_shared<Recording>(std::move(*opened));
        }
        return std::make_shared<const DiffText>(read_diff_text(recording, **kept, of));
      });
  return have && have->of == *wanted ? have : nullptr;
}

std::shared_ptr<const AllocText> Session::allocators() {
  const Instant* now = instant();
  if (!now) return nullptr;
  return asked_->allocators.ask(
      answers_desk_, now->snapshot, [id = now->snapshot](Recording& recording) {
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
        text->damage = damage_texts(frame->damage);
        text->current = allocator_views(*frame, Moment::kCurrent);
        text->max = allocator_views(*frame, Moment::kMax);
        text->cache = cache_hit_rates(*frame);
        return text;
      });
}

void Session::ask_tree(const std::string& sort) {
  const Instant* now = instant();
  if (!now) return;
  asked_->tree.ask(answers_desk_, {now->snapshot, sort},
                   [id = now->snapshot, sort](Recording& recording) {
                     return std::make_shared<const TreeText>(read_tree_text(recording, id, sort));
                   });
}

std::shared_ptr<const Track> Session::scheduler_use() {
  if (overview_.instants.empty()) return nullptr;
  auto have = asked_->scheduler_use.ask(
      answers_desk_, overview_.instants.size(), [node = overview_.node](Recording& recording) {
        return std::make_shared<const Track>(read_scheduler_use(recording, node));
      });
  return have && have->values.size() == overview_.instants.size() ? have : nullptr;
}

}  // namespace beamtape
