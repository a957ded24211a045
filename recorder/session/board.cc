#include "recorder/session/board.h"

#include <utility>

namespace beamtape {

void Board::tell(std::string news) {
  const std::lock_guard lock(mutex_);
  news_.push_back(std::move(news));
}

std::deque<std::string> Board::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

void Board::saw(const std::string& node) {
  const std::lock_guard lock(mutex_);
  seen_.insert(node);
}

std::set<std::string> Board::take_seen() {
  const std::lock_guard lock(mutex_);
  return std::exchange(seen_, {});
}

}  // namespace beamtape
