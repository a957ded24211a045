#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/error.h"

namespace beamtape {

// SQL over a recording: its own plain tables, and tables whose rows the caller makes while SQLite
// asks for them. Read-only: whatever would change something is refused.

using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

// Its first column is `snapshot`, its second the key of its rows (the pid).
struct VirtualTable {
  struct Column {
    std::string name;
    bool is_number = false;
  };
  std::string name;
  std::vector<Column> columns;
};

// What of a virtual table SQLite needs. More rows do no harm, it looks at each again; fewer do.
struct Selection {
  std::int64_t first_snapshot = 0;
  std::int64_t last_snapshot = std::numeric_limits<std::int64_t>::max();
  std::optional<std::string> key;  // only rows of this key
};

class VirtualRows {
 public:
  virtual ~VirtualRows() = default;
  // Goes to the next row, at first to the first. False at the end.
  virtual Expected<bool> next() = 0;
  virtual SqlValue value(std::size_t column) = 0;
};

class VirtualTables {
 public:
  virtual ~VirtualTables() = default;
  virtual const std::vector<VirtualTable>& tables() const = 0;
  // Rows in the order of snapshots. They do not outlive this.
  virtual std::unique_ptr<VirtualRows> select(std::size_t table, const Selection& selection) = 0;
};

class Query {
 public:
  // `tables` must outlive this. Errors as of Reader::open.
  static Expected<std::unique_ptr<Query>> open(const std::string& path, VirtualTables& tables);
  virtual ~Query() = default;

  // Runs one statement: `head` gets the names of its columns, then `row` the values of each row
  // until it returns false. kUsage: it is wrong, would write, or is more than one.
  virtual Expected<void> run(const std::string& sql,
                             const std::function<void(const std::vector<std::string>&)>& head,
                             const std::function<bool(const std::vector<SqlValue>&)>& row) = 0;
};

}  // namespace beamtape
