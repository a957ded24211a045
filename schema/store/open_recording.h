#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// What open_recording() found beside the file's content.
struct OpenedFile {
  Database database;
  int format_version = 0;
  std::vector<std::string> remarks;
  std::int64_t wal_bytes = 0;   // of its -wal, if that is read
  bool wal_is_foreign = false;  // one stands beside it that is not its own, or no longer
};
// Opens whatever is at `path` without writing to it; errors as of Reader::open.
Expected<OpenedFile> open_recording(const std::string& path);
// Before something is written to it. Errors as of Reader::open; kUsage: a foreign -wal stands
// beside it, which SQLite would fold in.
Expected<void> check_writable(const std::string& path);

}  // namespace beamtape
