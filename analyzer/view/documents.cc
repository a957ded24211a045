#include "analyzer/view/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace beamtape {

namespace {

// The recorder writes beside the file until it closes it.
std::string journal_of(const std::string& path) { return path + "-wal"; }

// Another one whenever the file, or what is written beside it, has changed.
std::string stamp_of(const std::string& path) {
  std::string stamp;
  for (const std::string& one : {path, journal_of(path)}) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(one, failed);
    if (failed) continue;
    const auto time = std::filesystem::last_write_time(one, failed);
    stamp += fmt::format("{} {} ", bytes, time.time_since_epoch().count());
  }
  return stamp;
}

// Seconds until a file that is not shown is read anew.
constexpr double kBetweenOthers = 10;

// Finds in the recording where the window begins; empty: it goes on where it is.
using FindStart = std::function<Expected<Start>(const Recording&)>;

// Both recordings of a file, and its overview.
Expected<Opened> read_opened(const OpenRecording& open, const std::string& path,
                             const std::string& node, const FindStart& find_start,
                             Opening::Shared& shared) {
  auto rows = open(path);
  if (!rows) return tl::unexpected(rows.error());
  auto answers = open(path);
  if (!answers) return tl::unexpected(answers.error());
  const auto start = find_start ? find_start(*rows) : Expected<Start>(Start());
  if (!start) return tl::unexpected(start.error());
  Overview overview = read_overview(*rows, node, [&shared](double share) {
    shared.share = share;
    Surface::wake();
    return !shared.stopped;
  });
  if (shared.stopped) {
    return fail(Error::Code::kOther, fmt::format("cannot open {}: it was stopped", path));
  }
  return Opened{std::move(*rows), std::move(*answers), std::move(overview), *start};
}

Opening start_reading(const OpenRecording& open, const std::string& path, const std::string& node,
                      const FindStart& find_start) {
  Opening opening;
  opening.shared = std::make_shared<Opening::Shared>();
  opening.result = std::async(std::launch::async, [=, shared = opening.shared] {
    auto opened = read_opened(open, path, node, find_start, *shared);
    Surface::wake();
    return opened;
  });
  return opening;
}

}  // namespace

bool Opening::ready() const {
  return result.valid() && result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

Documents::Documents(Surface& surface, const FileAccess& files,
                     std::shared_ptr<Remembered> remembered, std::string memory)
    : surface_(surface),
      files_(files),
      remembered_(std::move(remembered)),
      memory_(std::move(memory)),
      kept_(*remembered_) {}

void Documents::add(std::unique_ptr<Session> session) {
  session->remembered = remembered_;
  session->open_recording = files_.open;
  seen_[session.get()] = {stamp_of(session->path()), looked_};
  remembered_->opened(session->path());
  sessions_.push_back(std::move(session));
  show(sessions_.size() - 1);
}

void Documents::open(const std::string& file, bool show) {
  want(file, show);
  go_on_opening();
}

void Documents::want(const std::string& file, bool show) {
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    std::error_code failed;
    if (std::filesystem::equivalent(sessions_[i]->path(), file, failed)) {
      if (show) this->show(i);
      return;
    }
  }
  to_open_.push_back({file, "", show});
}

void Documents::open_first(const WindowOptions& options) {
  first_ = options;
  to_open_.push_back({options.file, options.node, true});
  go_on_opening();
}

// After what was added last.
void Documents::want_other_nodes() {
  const Overview& overview = shown().overview();
  for (const std::string& node : overview.nodes) {
    if (node != overview.node) to_open_.push_back({shown().path(), node, false});
  }
}

void Documents::go_on_opening() {
  if (opening_.runs()) {
    if (!opening_.ready()) return;
    auto opened = opening_.result.get();
    const Wanted wanted = std::move(to_open_.front());
    to_open_.pop_front();
    if (!empty()) shown().around.opening.clear();
    finish_opening(std::move(opened), wanted);
  }
  if (to_open_.empty()) return;
  const Wanted& next = to_open_.front();
  if (!empty()) shown().around.opening = next.path;
  FindStart find_start;
  if (first_) {
    find_start = [options = *first_](const Recording& recording) {
      return starting_point(recording, options);
    };
  }
  opening_ = start_reading(files_.open, next.path, next.node, find_start);
}

void Documents::finish_opening(Expected<Opened> opened, const Wanted& wanted) {
  if (!opened) {
    if (empty()) {
      failed_ = opened.error();
      to_open_.clear();
    } else {
      tell(opened.error().message, true);
    }
    return;
  }
  const std::size_t before = shown_;
  add(std::make_unique<Session>(std::move(opened->rows), std::move(opened->answers),
                                std::move(opened->overview), Surface::wake));
  if (wanted.node.empty()) want_other_nodes();
  if (!wanted.show) show(before);
  if (const auto options = std::exchange(first_, std::nullopt)) {
    begin(shown(), opened->start, *options);
    for (const std::string& file : options->more) want(file, false);
  }
}

void Documents::show(std::size_t position) {
  Around around;  // the message goes with whoever reads it
  if (shown_ < sessions_.size()) around = shown().around;
  around.shown = shown_ = position;
  shown().around = std::move(around);
  surface_.rename("beamtape: " + shown().path());
}

// Each frame: what is shown of the others may have changed.
void Documents::list_files() {
  std::vector<OpenFile> files;
  for (const auto& one : sessions_) {
    const Instant* now = one->instant();
    const Overview& overview = one->overview();
    files.push_back({one->path(), overview.nodes.size() > 1 ? overview.node : "",
                     now ? now->snapshot : 0, now ? now->wall_us : 0});
  }
  shown().around.files = std::move(files);
  shown().around.opening_share = opening_share();
}

void Documents::fulfil() {
  if (!empty()) take_wishes();
  go_on_opening();
  if (!empty()) list_files();
  keep(false);
}

void Documents::take_wishes() {
  const Wishes wishes = std::exchange(shown().wishes, {});
  if (wishes.other_theme) {
    remembered_->light = !remembered_->light;
    surface_.set_light(remembered_->light);
  }
  if (wishes.picture) save_picture();
  if (wishes.report) {
    tell("writing the report …", false);
    shown().make_report();
  }
  if (const auto report = shown().reported()) save_report(*report);
  if (wishes.note) write_note(*wishes.note);
  tell_of_note();
  if (wishes.file && *wishes.file < sessions_.size()) show(*wishes.file);
  if (!wishes.open.empty()) open(wishes.open, true);
  if (wishes.stop_opening) opening_.stop();
  for (const std::string& file : surface_.dropped()) open(file, true);
  // The last one stays: a window of nothing helps nobody.
  if (wishes.close_file && sessions_.size() > 1) {
    seen_.erase(&shown());
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(shown_));
    show(std::min(shown_, sessions_.size() - 1));
  }
  quits_ |= wishes.quit;
}

void Documents::keep(bool leaving) {
  if (leaving || surface_.layout_changed()) remembered_->layout = surface_.layout();
  const auto [width, height] = surface_.size();
  remembered_->width = width;
  remembered_->height = height;
  if (*remembered_ == kept_) return;
  kept_ = *remembered_;
  save_remembered(kept_, memory_);  // without it the next window begins as the first did
}

bool Documents::live() const {
  return reading_.runs() || std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& one) {
           std::error_code failed;
           return std::filesystem::exists(journal_of(one->path()), failed) ||
                  seen_.at(one.get()).stamp != stamp_of(one->path());
         });
}

void Documents::refresh(double now) {
  if (reading_.runs()) {
    if (!reading_.ready()) return;
    auto fresh = reading_.result.get();
    for (const auto& one : sessions_) {
      // One that cannot be read for a moment is read at the next change.
      if (!fresh || one.get() != being_read_) continue;
      one->renew(std::move(fresh->rows), std::move(fresh->answers), std::move(fresh->overview));
      break;
    }
    return;
  }
  if (empty() || now - looked_ < 1) return;
  looked_ = now;
  const Session* of = nullptr;  // of those that have grown, which was read longest ago
  std::string stamp;
  for (const auto& one : sessions_) {
    const Seen& seen = seen_.at(one.get());
    if (one.get() != &shown() && now - seen.read_at < kBetweenOthers) continue;
    if (of != nullptr && seen.read_at >= seen_.at(of).read_at) continue;
    const std::string now_there = stamp_of(one->path());
    if (now_there == seen.stamp) continue;
    of = one.get();
    stamp = now_there;
  }
  if (of == nullptr) return;
  seen_[of] = {stamp, now};
  being_read_ = of;
  reading_ = start_reading(files_.open, of->path(), of->overview().node, nullptr);
}

void Documents::tell(const std::string& message, bool failed) {
  shown().around.message = message;
  shown().around.failed = failed;
}

// A recorder may hold the file for a moment. That it has grown is seen as of any other file.
void Documents::write_note(const NewNote& note) {
  if (noting_.valid()) noting_.wait();  // one at a time, and each is told of
  tell_of_note();
  const auto write = [add = files_.add_note, path = shown().path(), note] {
    auto written = add(path, note);
    Surface::wake();
    return written;
  };
  noting_ = std::async(std::launch::async, write);
}

void Documents::tell_of_note() {
  if (!noting_.valid() || noting_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    return;
  }
  const auto written = noting_.get();
  tell(written ? "the note is in the file" : written.error().message, !written);
}

// "incident-2.png", where nothing is yet.
std::string Documents::free_name(const std::string& ending) {
  const std::string stem = std::filesystem::path(shown().path()).stem().string();
  std::string name;
  std::error_code failed;
  for (int i = 1; name.empty() || std::filesystem::exists(name, failed); ++i) {
    name = fmt::format("{}-{}{}", stem, i, ending);
  }
  return name;
}

void Documents::save_picture() {
  const std::string name = free_name(".png");
  const auto saved = surface_.save(name);
  tell(saved ? "saved " + name : saved.error().message, !saved);
}

void Documents::save_report(const Expected<std::string>& html) {
  if (!html) return tell(html.error().message, true);
  const std::string name = free_name(".html");
  std::ofstream file(name);
  file << *html;
  const bool good = static_cast<bool>(file.flush());
  tell(good ? "saved " + name : "cannot write " + name + ": its folder is not writable", !good);
}

}  // namespace beamtape
