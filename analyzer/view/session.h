#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/view/answers.h"
#include "analyzer/view/desk.h"
#include "analyzer/view/diff_view.h"
#include "analyzer/view/life.h"
#include "analyzer/view/named.h"
#include "analyzer/view/overview.h"
#include "analyzer/view/remembered.h"
#include "analyzer/view/rows.h"
#include "analyzer/view/sparks.h"
#include "analyzer/view/tree_view.h"
#include "analyzer/view/wishes.h"

namespace beamtape {

using OpenRecording = std::function<Expected<Recording>(const std::string& file)>;

// All that the panels share: the instant, the range, the selection, and the answers asked of the
// desks. Knows nothing of drawing. Only for the drawing thread.
class Session {
 public:
  // Two recordings of the same file: rows come from the one, what takes longer from the other.
  // `wake` is called on other threads when an answer is there.
  Session(Recording rows, Recording answers, const std::string& node, std::function<void()> wake);
  // With the overview of them that somebody has read already.
  Session(Recording rows, Recording answers, Overview overview, std::function<void()> wake);
  ~Session();

  const std::string& path() const { return path_; }
  // Goes on with a newer state of the same file: at its end if it was at the end.
  void renew(Recording rows, Recording answers, Overview overview);
  const Overview& overview() const { return overview_; }

  // The shown snapshot, as a position in overview().instants (0 if there are none).
  std::size_t at() const { return at_; }
  const Instant* instant() const;
  void go_to(std::size_t position);  // kept within the recording
  void step(int snapshots);
  // The newest snapshot at that many seconds after the first.
  std::size_t position_at(double seconds) const;

  const Whereabouts& place() const { return place_; }
  void show(const std::string& panel);
  // A table's place with these filter words.
  void show_filtered(const std::string& panel, const std::string& filter);
  // The place of findings, at that one of them.
  void show_finding(std::size_t index);
  void select(const std::string& subject);  // a process; empty closes the inspector
  std::string selected_pid() const;  // empty: none, or it was selected by name and is not read yet
  bool can_go_back() const { return back_at_ > 0; }
  bool can_go_forward() const { return back_at_ + 1 < visited_.size(); }
  void go_back();
  void go_forward();

  // Answers: null while they are being made.
  std::shared_ptr<const Rows> rows(const RowsQuestion& question);
  std::shared_ptr<const Rows> shown_rows() const;
  std::shared_ptr<const RowsText> rows_text(const std::shared_ptr<const Rows>& rows,
                                            std::size_t first, std::size_t count);
  // Curves of the rows' `metric` over the shown range.
  std::shared_ptr<const Sparks> sparks(const std::shared_ptr<const Rows>& rows, std::size_t first,
                                       std::size_t count, const std::string& metric);
  // Makes all rows a text, on a desk; copied() is that, once, when it is there.
  void copy_table(const std::shared_ptr<const Rows>& rows, TableFormat format);
  std::shared_ptr<const std::string> copied();
  std::shared_ptr<const LifeText> life();
  std::shared_ptr<const NamedThings> named(const std::string& part);  // at the shown instant
  std::shared_ptr<const FindingsText> findings();
  // The snapshot that looking for findings has come to, 0 if it does not run; it can be stopped,
  // and begun anew.
  std::int64_t findings_reached() const;
  void stop_findings();
  void look_again();
  std::shared_ptr<const WaitsText> waits();
  // Of comparison(); null too if there is nothing to compare.
  std::shared_ptr<const DiffText> diff();
  std::shared_ptr<const AllocText> allocators();
  // With children in this order; newest_tree() is the last one made, be it of another instant.
  void ask_tree(const std::string& sort);
  std::shared_ptr<const TreeText> newest_tree() const;
  // How busy the schedulers were, a value for each instant; null also where it was not recorded.
  std::shared_ptr<const Track> scheduler_use();
  bool busy() const { return rows_desk_.busy() || answers_desk_.busy(); }

  // Of the last frame, and of the one that is being drawn: panels set that.
  Hover hovered, hovered_now;
  // Processes that stand first in their table; what a person marked them with, 1 to 5.
  std::vector<std::string> pinned;
  std::map<std::string, int> tags;
  void pin(const std::string& pid);  // or no longer
  void tag(const std::string& pid);  // with the next mark, after the last with none
  // By place, filter words that were asked for: taken by the panel.
  std::map<std::string, std::string> wanted_filters;
  std::optional<std::size_t> wanted_finding;  // cleared by the panel when it has scrolled there
  // Of and for the window around.
  Wishes wishes;
  std::vector<KeyPress> pressed;  // since the last frame; forgotten after it
  Around around;
  std::shared_ptr<Remembered> remembered = std::make_shared<Remembered>();
  // Makes the report on a desk; reported() is its HTML, or an error in words, once.
  void make_report();
  std::shared_ptr<const Expected<std::string>> reported();
  // Playing: steps at the recording's own pace times `speed`.
  bool playing = false;
  float speed = 4;
  // What the timeline shows, seconds after the first snapshot.
  double from_s = 0, to_s = 1;
  void show_all();
  void zoom(double factor, double around_s);
  void pan(double seconds);
  // A and B of a comparison.
  std::optional<std::size_t> mark_a, mark_b;
  // Both, or the one that is set and the shown instant; nothing if they are the same.
  std::optional<std::pair<std::size_t, std::size_t>> compared() const;
  // Another open file (a path) that B is of, at the instant that is shown of it; empty: this one.
  std::string other_file;
  // What Diff shows: of this file what compared() says; of two files A, else the shown instant, and
  // what is shown of the other.
  std::optional<Compared> comparison() const;
  // How another file is opened, on any thread.
  OpenRecording open_recording;
  // Sets both and shows what is between them.
  void compare(std::size_t a, std::size_t b);

 private:
  void begin();
  void visit(Whereabouts place);

  std::string path_;
  Overview overview_;
  std::size_t at_ = 0;
  Whereabouts place_;
  std::vector<Whereabouts> visited_;
  std::size_t back_at_ = 0;
  // All questions, with their newest answers.
  struct Asked;
  std::unique_ptr<Asked> asked_;
  // Last: their threads end before what they write to.
  Desk rows_desk_, answers_desk_;
};

}  // namespace beamtape
