#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "analyzer/load/frame.h"

namespace beamtape {

// Where the text of a text column stands: in the column itself; of a process' `name` in those that
// name it, best first. None for what is no text of the table's own.
struct TextColumns {
  std::array<std::size_t, 4> columns{};
  std::size_t count = 0;
};
TextColumns text_columns(const Table& table, const Shown& column);

// What the value of a text column is decoded from.
struct NamingCell {
  std::size_t column = 0;
  Cell cell = 0;
};

// The first of them that has a value; else the last one.
std::optional<NamingCell> first_with_value(const RowView& row, const TextColumns& of);

}  // namespace beamtape
