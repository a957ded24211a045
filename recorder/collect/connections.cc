// Distribution channels to other nodes. How much waits in one is the queue_size of its port.

#include <algorithm>

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"

namespace beamtape {
namespace {

const Question kConnections{
    .name = "connections",
    .keys = "erlang:system_info(dist_ctrl)",
    .answer = "{Part, nodes(hidden)}",
    .chunk = 1000,
};

class Connections : public ListedTable {
 public:
  Connections()
      : ListedTable(connection_table(), kConnections),
        controller_(connection_table().index_of("controller")),
        type_(connection_table().index_of("type")) {}

 private:
  std::size_t read_chunk(Cursor& cursor, RecordedNode& node) override {
    if (!cursor.tuple(2)) return 0;
    Cells cells = node.cells();
    Cursor hidden_cursor = cursor;
    hidden_cursor.skip();
    std::vector<Cell> hidden;
    ListReader hidden_list(hidden_cursor);
    while (hidden_list.next()) hidden.push_back(cells.atom(hidden_cursor));
    ListReader channels(cursor);
    std::size_t count = 0;
    while (channels.next()) {
      if (!cursor.tuple(2)) {
        cursor.skip();
        continue;
      }
      const Cell name = cells.atom(cursor);
      row_[controller_] = cells.ref(cursor);
      const bool is_hidden = std::find(hidden.begin(), hidden.end(), name) != hidden.end();
      row_[type_] = cells.text(is_hidden ? "hidden" : "visible");
      if (is_missing(name)) continue;
      store(name, node);
      ++count;
    }
    return count;
  }

  const std::size_t controller_, type_;
};

}  // namespace

std::unique_ptr<Collector> connections() { return std::make_unique<Connections>(); }

}  // namespace beamtape
