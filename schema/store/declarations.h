#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/store/sqlite.h"
#include "schema/tables/table.h"

namespace beamtape {

// The declared tables as a recording keeps them, in `tbl` and `col`: what makes a file
// describe itself. Not a public header.

Expected<void> write_declarations(Database& database, const std::vector<Table>& tables);

// What the file declares. Leaves out, and says in `remarks`, declarations that cannot be:
// numbers out of range, a table without columns. Unknown types read as integers.
Expected<std::vector<Table>> read_declarations(Database& database,
                                               std::vector<std::string>& remarks);

// Of all rows of `tbl` and `col`, in the order of their keys: see RowChecksum.
Expected<std::uint32_t> declarations_checksum(Database& database);

}  // namespace beamtape
