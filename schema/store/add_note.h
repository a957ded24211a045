#pragma once

#include <string>

#include "schema/error.h"
#include "schema/store/records.h"

namespace beamtape {

// True if a recorder of this machine has the file open for writing at the moment.
bool is_being_recorded(const std::string& path);

// Adds somebody's note to a recording, also while it is being recorded: the recorder waits some
// milliseconds. Leaves a file that nobody records closed, as its recorder would. kNotFound,
// kMalformed as of Reader::open; kDiskFull; others: it cannot be written. After an error the
// file's content is as it was.
Expected<void> add_note(const std::string& path, const NoteRecord& note);

}  // namespace beamtape
