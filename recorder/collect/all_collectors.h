#pragma once

#include <memory>

#include "recorder/collect/collector.h"

namespace beamtape {

// One function per collector, each defined in its own file; all_collectors() lists them.
std::unique_ptr<Collector> registered_names();
std::unique_ptr<Collector> ets_tables();
std::unique_ptr<Collector> ports();
std::unique_ptr<Collector> sockets();
std::unique_ptr<Collector> allocators();
std::unique_ptr<Collector> schedulers();
std::unique_ptr<Collector> connections();
std::unique_ptr<Collector> node_counters();

}  // namespace beamtape
