#pragma once

#include "schema/store/query.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// Makes `tables` known to a connection under their names. Not a public header: query.cc uses it.
// `*declaring` is true while a table declares itself to SQLite, which to an authorizer looks like
// CREATE TABLE. Both must outlive the connection.
Expected<void> add_virtual_tables(sqlite3* database, VirtualTables& tables, bool* declaring);

}  // namespace beamtape
