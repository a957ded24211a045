#include "recorder/collect/all_collectors.h"

#include "recorder/collect/processes.h"

namespace beamtape {

std::vector<std::unique_ptr<Collector>> all_collectors(const RecordedNode& node) {
  std::vector<std::unique_ptr<Collector>> all;
  all.push_back(std::make_unique<Processes>(node));
  all.push_back(registered_names());
  all.push_back(node_counters());
  all.push_back(schedulers());
  all.push_back(ets_tables());
  all.push_back(ports());
  all.push_back(sockets());
  all.push_back(allocators());
  all.push_back(connections());
  return all;
}

}  // namespace beamtape
