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

}  // namespace

Documents::Documents(Surface& surface, const OpenRecording& open,
                     std::shared_ptr<Remembered> remembered, std::string memory)
    : surface_(surface),
      open_(open),
      remembered_(std::move(remembered)),
      memory_(std::move(memory)),
      kept_(*remembered_) {}

void Documents::add(std::unique_ptr<Session> session) {
  session->remembered = remembered_;
  stamps_[session.get()] = stamp_of(session->path());
  remembered_->opened(session->path());
  sessions_.push_back(std::move(session));
  show(sessions_.size() - 1);
}

void Documents::open(const std::string& file) {
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    std::error_code failed;
    if (std::filesystem::equivalent(sessions_[i]->path(), file, failed)) return show(i);
  }
  auto rows = open_(file);
  if (!rows) return tell(rows.error().message, true);
  auto answers = open_(file);
  if (!answers) return tell(answers.error().message, true);
  add(std::make_unique<Session>(std::move(*rows), std::move(*answers), "", Surface::wake));
}

void Documents::show(std::size_t position) {
  Around around;  // the message goes with whoever reads it
  if (shown_ < sessions_.size()) around = shown().around;
  around.files.clear();
  for (const auto& one : sessions_) around.files.push_back(one->path());
  around.shown = shown_ = position;
  shown().around = std::move(around);
  surface_.rename("beamtape: " + shown().path());
}

void Documents::fulfil() {
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
  if (wishes.file && *wishes.file < sessions_.size()) show(*wishes.file);
  if (!wishes.open.empty()) open(wishes.open);
  for (const std::string& file : surface_.dropped()) open(file);
  // The last one stays: a window of nothing helps nobody.
  if (wishes.close_file && sessions_.size() > 1) {
    stamps_.erase(&shown());
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(shown_));
    show(std::min(shown_, sessions_.size() - 1));
  }
  quits_ |= wishes.quit;
  keep(false);
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
  std::error_code failed;
  return reading_.valid() ||
         std::filesystem::exists(journal_of(sessions_[shown_]->path()), failed) ||
         stamps_.at(sessions_[shown_].get()) != stamp_of(sessions_[shown_]->path());
}

void Documents::refresh(double now) {
  if (reading_.valid()) {
    if (reading_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    auto fresh = reading_.get();
    for (const auto& one : sessions_) {
      if (!fresh || one.get() != fresh->of) continue;
      one->renew(std::move(fresh->rows), std::move(fresh->answers), std::move(fresh->overview));
      break;
    }
    return;
  }
  if (now - looked_ < 1) return;
  looked_ = now;
  const Session* of = &shown();
  const std::string stamp = stamp_of(of->path());
  if (stamp == stamps_[of]) return;
  stamps_[of] = stamp;
  const auto read = [open = open_, of, path = of->path(), node = of->overview().node] {
    std::optional<Fresh> fresh;
    auto rows = open(path);
    auto answers = open(path);
    // One that cannot be read for a moment is read at the next change.
    if (rows && answers) {
      Overview overview = read_overview(*rows, node);
      fresh.emplace(Fresh{of, std::move(*rows), std::move(*answers), std::move(overview)});
    }
    Surface::wake();
    return fresh;
  };
  reading_ = std::async(std::launch::async, read);
}

void Documents::tell(const std::string& message, bool failed) {
  shown().around.message = message;
  shown().around.failed = failed;
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
