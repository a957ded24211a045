#include "analyzer/view/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace beamtape {

Documents::Documents(Surface& surface, const OpenRecording& open,
                     std::shared_ptr<Remembered> remembered, std::string memory)
    : surface_(surface),
      open_(open),
      remembered_(std::move(remembered)),
      memory_(std::move(memory)),
      kept_(*remembered_) {}

void Documents::add(std::unique_ptr<Session> session) {
  session->remembered = remembered_;
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
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(shown_));
    show(std::min(shown_, sessions_.size() - 1));
  }
  quits_ |= wishes.quit;
  const auto [width, height] = surface_.size();
  remembered_->width = width;
  remembered_->height = height;
  if (*remembered_ == kept_) return;
  kept_ = *remembered_;
  save_remembered(kept_, memory_);  // without it the next window begins as the first did
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
