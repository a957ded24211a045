#include "schema/tables/table.h"

namespace beamtape {

const std::vector<const Table*>& columnar_tables() {
  static const std::vector<const Table*> tables{
      &process_table(),   &ets_table(),       &port_table(),       &socket_table(),
      &allocator_table(), &scheduler_table(), &connection_table(), &question_table(),
  };
  return tables;
}

}  // namespace beamtape
