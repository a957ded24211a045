#include "analyzer/commands/held_output.h"

#include <utility>

namespace beamtape {
namespace {

constexpr std::size_t kPartBytes = 1 << 20;

}  // namespace

bool HeldOutput::write(std::string_view text) {
  if (!is_released_ && bytes_ + text.size() > most_) release();
  if (is_released_) {
    is_taken_ = is_taken_ && out_.write(text);
    return is_taken_;
  }
  if (parts_.empty() || parts_.back().size() >= kPartBytes) parts_.emplace_back();
  parts_.back() += text;
  bytes_ += text.size();
  return true;
}

bool HeldOutput::release() {
  is_released_ = true;
  for (const std::string& part : std::exchange(parts_, {})) {
    is_taken_ = is_taken_ && out_.write(part);
  }
  return is_taken_;
}

}  // namespace beamtape
