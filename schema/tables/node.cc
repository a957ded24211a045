// The node's own counters: one row per snapshot, stored as the plain SQL table node_sample.
// Also totals and maxima over the other tables, made by the recorder, so that a timeline is
// plain SQL.

#include "schema/tables/table.h"

namespace beamtape {
namespace {

std::vector<Column> node_memory() {
  using enum Type;
  using enum Kind;
  return {
      {1, "memory_total", kInteger, Unit::kBytes, kGauge,
       "erlang:memory(total): blocks in use. The system's view (RSS) is nearer to "
       "allocated_total",
       Ask::kEvery, AnswerForm::kPlain, "memory.total"},
      {2, "memory_processes", kInteger, Unit::kBytes, kGauge, "Allocated for processes",
       Ask::kEvery, AnswerForm::kPlain, "memory.processes"},
      {3, "memory_processes_used", kInteger, Unit::kBytes, kGauge, "Used by processes", Ask::kEvery,
       AnswerForm::kPlain, "memory.processes_used"},
      {4, "memory_system", kInteger, Unit::kBytes, kGauge, "Everything but processes", Ask::kEvery,
       AnswerForm::kPlain, "memory.system"},
      {5, "memory_atom", kInteger, Unit::kBytes, kGauge, "Allocated for atoms", Ask::kEvery,
       AnswerForm::kPlain, "memory.atom"},
      {6, "memory_atom_used", kInteger, Unit::kBytes, kGauge, "Used by atoms", Ask::kEvery,
       AnswerForm::kPlain, "memory.atom_used"},
      {7, "memory_binary", kInteger, Unit::kBytes, kGauge, "Binaries over 64 bytes", Ask::kEvery,
       AnswerForm::kPlain, "memory.binary"},
      {8, "memory_code", kInteger, Unit::kBytes, kGauge, "Loaded code", Ask::kEvery,
       AnswerForm::kPlain, "memory.code"},
      {9, "memory_ets", kInteger, Unit::kBytes, kGauge, "ETS tables", Ask::kEvery,
       AnswerForm::kPlain, "memory.ets"},
  };
}

std::vector<Column> node_counts() {
  using enum Type;
  using enum Kind;
  return {
      {10, "process_count", kInteger, Unit::kCount, kGauge, "Processes that exist"},
      {11, "process_limit", kInteger, Unit::kCount, kIdentity, "Most processes allowed"},
      {12, "port_count", kInteger, Unit::kCount, kGauge, "Ports that exist"},
      {13, "port_limit", kInteger, Unit::kCount, kIdentity, "Most ports allowed"},
      {14, "atom_count", kInteger, Unit::kCount, kGauge, "Atoms; never given back"},
      {15, "atom_limit", kInteger, Unit::kCount, kIdentity,
       "Most atoms allowed: the node ends there"},
      {16, "ets_count", kInteger, Unit::kCount, kGauge, "ETS tables that exist"},
      {17, "ets_limit", kInteger, Unit::kCount, kIdentity,
       "Limit of ETS tables; not enforced since OTP 20"},
      {20, "run_queue", kInteger, Unit::kCount, kGauge,
       "Processes and ports waiting for a normal or dirty CPU scheduler"},
      {21, "run_queue_all", kInteger, Unit::kCount, kGauge,
       "Processes and ports waiting in all run queues, dirty I/O included"},
      {22, "active_tasks_all", kInteger, Unit::kCount, kGauge,
       "Processes and ports waiting or running, dirty I/O included"},
      {23, "context_switches", kInteger, Unit::kCount, kCounter, "Since the node started"},
      {24, "garbage_collections", kInteger, Unit::kCount, kCounter, "Since the node started"},
      {25, "words_reclaimed", kInteger, Unit::kBytes, kCounter,
       "Memory given back by collections since the node started", Ask::kEvery, AnswerForm::kWords},
      {26, "io_input", kInteger, Unit::kBytes, kCounter, "Read through ports"},
      {27, "io_output", kInteger, Unit::kBytes, kCounter, "Written through ports"},
      {28, "persistent_term_count", kInteger, Unit::kCount, kGauge, "Persistent terms", Ask::kEvery,
       AnswerForm::kPlain, "persistent_term.count"},
      {29, "persistent_term_memory", kInteger, Unit::kBytes, kGauge, "Memory of persistent terms",
       Ask::kEvery, AnswerForm::kPlain, "persistent_term.memory"},
      {30, "uptime", kInteger, Unit::kMicroseconds, kCounter, "Since the node started"},
      {31, "time_offset", kInteger, Unit::kMicroseconds, kGauge,
       "Node's system time minus its monotonic time: jumps when the clock was set"},
      {32, "clock_skew", kInteger, Unit::kMicroseconds, kGauge,
       "Node's clock minus the recorder's, as far as the answer's way allows"},
      {33, "schedulers_online", kInteger, Unit::kCount, kGauge, "Normal schedulers in use"},
      {34, "connections", kInteger, Unit::kCount, kGauge, "Distribution channels"},
      {35, "dist_buf_busy_limit", kInteger, Unit::kBytes, kIdentity,
       "Queue at which senders to another node are suspended"},
  };
}

// Made by the recorder, of the other tables.
std::vector<Column> node_totals() {
  using enum Type;
  using enum Kind;
  return {
      {36, "dist_queue_max", kInteger, Unit::kBytes, kGauge, "Longest queue of a distribution port",
       Ask::kComputed},
      {40, "reductions", kInteger, Unit::kReductions, kGauge,
       "Sum over the living processes; falls when one ends", Ask::kComputed},
      {41, "reductions_done", kInteger, Unit::kReductions, kCounter,
       "Work seen since the recording began: increases of processes that were listed twice, "
       "and all of new ones",
       Ask::kComputed},
      {42, "message_queue_len", kInteger, Unit::kCount, kGauge, "Sum over processes",
       Ask::kComputed},
      {43, "max_message_queue_len", kInteger, Unit::kCount, kGauge, "Longest mailbox",
       Ask::kComputed},
      {44, "max_memory", kInteger, Unit::kBytes, kGauge, "Largest process", Ask::kComputed},
      {45, "processes_appeared", kInteger, Unit::kCount, kGauge,
       "Processes listed for the first time", Ask::kComputed},
      {46, "processes_gone", kInteger, Unit::kCount, kGauge,
       "Processes listed the time before and no more", Ask::kComputed},
      {47, "allocated_total", kInteger, Unit::kBytes, kGauge,
       "Bytes of all carriers, the pool included", Ask::kComputed},
      {48, "allocated_used", kInteger, Unit::kBytes, kGauge, "Bytes of all blocks in them",
       Ask::kComputed},
  };
}

}  // namespace

const Table& node_table() {
  static const Table table{9, "node", "The node's own counters, one row per snapshot",
                           joined({node_memory(), node_counts(), node_totals()})};
  return table;
}

}  // namespace beamtape
