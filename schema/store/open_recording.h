#pragma once

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
  std::string foreign_wal;  // its path, if a -wal that cannot be its own stands beside it
};
// Opens whatever is at `path` without writing to it; errors as of Reader::open.
Expected<OpenedFile> open_recording(const std::string& path);
// Why nothing may be written to one with a foreign -wal: SQLite would fold that in.
Error foreign_wal(const OpenedFile& file);

}  // namespace beamtape
