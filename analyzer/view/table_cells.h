#pragma once

#include <memory>
#include <vector>

#include "analyzer/view/session.h"

namespace beamtape {

// A row of a table panel, in the current row of an ImGui table: its cells, what it is marked with,
// and the menu under the right mouse button. `id` is its own among the rows of the frame. A table
// may have a column of curves, before that of the cell `curve_at`; else that is the number of
// cells.
void draw_table_row(Session& session, const std::shared_ptr<const Rows>& rows,
                    const std::vector<CellText>& cells, int id, std::size_t curve_at,
                    const Sparks::Spark* spark);

}  // namespace beamtape
