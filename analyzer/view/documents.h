#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/view/session.h"
#include "analyzer/view/start.h"
#include "analyzer/view/surface.h"
#include "analyzer/view/window.h"

namespace beamtape {

// A file as it was read for a session.
struct Opened {
  Recording rows, answers;
  Overview overview;
  Start start;  // of the first file
};

// A file that is being read on another thread, for as long as this lives: its end stops that.
struct Opening {
  struct Shared {
    std::atomic<double> share = 0;  // of it, so far
    std::atomic<bool> stopped = false;
  };
  Opening() = default;
  Opening(Opening&&) = default;
  Opening& operator=(Opening&&) = default;
  ~Opening() { stop(); }
  void stop() {
    if (shared) shared->stopped = true;
  }
  bool runs() const { return result.valid(); }
  bool ready() const;

  std::shared_ptr<Shared> shared;
  std::future<Expected<Opened>> result;
};

// The open files, of which one is shown, and what panels wish of the window. At first there is
// none, only one that is being opened. Refers to what it is given. For the drawing thread.
class Documents {
 public:
  Documents(Surface& surface, const FileAccess& files, std::shared_ptr<Remembered> remembered,
            std::string memory);

  bool empty() const { return sessions_.empty(); }
  Session& shown() { return *sessions_[shown_]; }  // there has to be one
  // Opens the first file, and begins where the options say; then its other nodes and the further
  // files. failed() says why it could not.
  void open_first(const WindowOptions& options);
  const std::optional<Error>& failed() const { return failed_; }
  void add(std::unique_ptr<Session> session);
  // Opens a file beside those that are open, on a thread of its own, and shows it then if `show`;
  // says in the shown one why it cannot.
  void open(const std::string& file, bool show);
  void show(std::size_t position);
  // To be called after each frame.
  void fulfil();
  // Writes what is remembered, if it has changed; fulfil() does, but waits with the layout until
  // the window is left.
  void keep(bool leaving);
  bool quits() const { return quits_; }
  // Whether a file is being opened; how much of it has been read.
  bool opening() const { return opening_.runs(); }
  double opening_share() const { return opening() ? opening_.shared->share.load() : 0; }
  // True while one of the files is being recorded: refresh() wants to be called every second.
  bool live() const;
  // Looks whether the shown file has grown, seldom also the others, and reads one anew on a thread
  // of its own: for as long as the old state is open, a recorder cannot fold in its -wal.
  void refresh(double now);

 private:
  struct Wanted {
    std::string path;
    std::string node;  // of several; empty: the first, and then the others
    bool show = true;
  };

  struct Seen {
    std::string stamp;   // of the file when it was read
    double read_at = 0;  // refresh()'s `now`
  };

  void take_wishes();
  void list_files();
  void want(const std::string& file, bool show);
  void go_on_opening();
  void finish_opening(Expected<Opened> opened, const Wanted& wanted);
  void want_other_nodes();
  void write_note(const NewNote& note);
  void tell_of_note();
  void tell(const std::string& message, bool failed);
  std::string free_name(const std::string& ending);
  void save_picture();
  void save_report(const Expected<std::string>& html);

  Surface& surface_;
  const FileAccess& files_;
  std::shared_ptr<Remembered> remembered_;
  std::string memory_;  // where that is kept; empty: nowhere
  Remembered kept_;     // what is there
  std::vector<std::unique_ptr<Session>> sessions_;
  std::size_t shown_ = 0;
  bool quits_ = false;
  std::optional<WindowOptions> first_;  // of the first file, until it is there
  std::optional<Error> failed_;         // it cannot be opened
  Opening reading_;                     // of a file that has grown
  const Session* being_read_ = nullptr;
  Opening opening_;
  std::future<Expected<void>> noting_;
  std::deque<Wanted> to_open_;  // the first one is being opened
  double looked_ = 0;
  std::map<const Session*, Seen> seen_;
};

}  // namespace beamtape
