#pragma once

#include <optional>
#include <string>
#include <utility>

#include "schema/error.h"

namespace beamtape {

// Says to other processes that this one writes a recording: SQLite alone would let several take
// turns. Held until it is destroyed, which must be after the last of SQLite's handles of the file,
// because closing any descriptor of a file ends all of SQLite's locks on it. Not a public header.
class FileLock {
 public:
  FileLock() = default;
  // kRefused: another one writes the file; others: it cannot be opened. One line, "it is ...".
  static Expected<FileLock> take(const std::string& path);

  // What has become of the file, if it is not at `path` any more: "it was removed ...".
  std::optional<std::string> why_not_at(const std::string& path) const;
  // False if it has no name left.
  bool is_somewhere() const;

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace beamtape
