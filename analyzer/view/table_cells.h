#pragma once

#include <memory>
#include <vector>

#include "analyzer/view/session.h"

namespace beamtape {

// A row of a table panel, in the current row of an ImGui table: its cells, what it is marked with,
// and the menu under the right mouse button. `id` is its own among the rows of the frame. A row
// may have a curve, which takes the column after its cells.
void draw_table_row(Session& session, const std::shared_ptr<const Rows>& rows,
                    const std::vector<CellText>& cells, int id, const Sparks::Spark* spark);

}  // namespace beamtape
