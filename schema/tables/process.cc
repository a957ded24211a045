// Every process. Two kinds of items exist on a node: those that are read under a lock without
// the process noticing (Ask::kEvery), and those that are sent to it as a signal and cost it a
// reduction (Ask::kDetail); see "Capturing" in ARCHITECTURE.md.

#include "schema/tables/table.h"

namespace beamtape {
namespace {

std::vector<Column> process_itself() {
  using enum Type;
  using enum Kind;
  return {
      {1, "pid", kRef, Unit::kNone, kIdentity, "Process identifier", Ask::kKey},
      {2, "first_seen", kInteger, Unit::kSnapshot, kIdentity,
       "Snapshot in which the process was first listed; with the pid, its identity",
       Ask::kComputed},
      {3, "detail_at", kInteger, Unit::kSnapshot, kGauge,
       "Snapshot in which the columns read by signal (memory, links, stack …) were last read; "
       "they are unchanged since unless the process ran. Of a process with a list of over 1000 "
       "elements: when that list was last read",
       Ask::kComputed},
  };
}

// Read under a lock, every time.
std::vector<Column> process_census() {
  using enum Type;
  using enum Kind;
  return {
      {10, "reductions", kInteger, Unit::kReductions, kCounter,
       "Work done since the process started; about one function call each"},
      {11, "message_queue_len", kInteger, Unit::kCount, kGauge, "Messages waiting in the mailbox"},
      {12, "status", kAtom, Unit::kNone, kGauge,
       "waiting, running, runnable, suspended, garbage_collecting or exiting"},
      {13, "heap_size", kInteger, Unit::kBytes, kGauge, "Youngest heap generation, with the stack",
       Ask::kEvery, AnswerForm::kWords},
      {14, "stack_size", kInteger, Unit::kBytes, kGauge, "Stack in use", Ask::kEvery,
       AnswerForm::kWords},
  };
}

// Read by signal, when it is new or ran.
std::vector<Column> process_detail() {
  using enum Type;
  using enum Kind;
  return {
      {20, "memory", kInteger, Unit::kBytes, kGauge,
       "Heaps, stack, messages on the heap and internal structures; binaries over 64 bytes "
       "live outside",
       Ask::kDetail},
      {21, "total_heap_size", kInteger, Unit::kBytes, kGauge,
       "All heap fragments, with the messages on the heap", Ask::kDetail, AnswerForm::kWords},
      {22, "current_function", kTerm, Unit::kNone, kGauge, "Function it was in", Ask::kDetail,
       AnswerForm::kCallable},
      list_column(23, "current_stacktrace",
                  "Call stack, innermost first, at most the node's backtrace_depth frames",
                  {{"function", kTerm}, {"file", kTerm}, {"line", kInteger}}, Ask::kDetail),
      list_column(24, "links", "Processes and ports that end with it", {{"to", kRef}},
                  Ask::kDetail),
      list_column(25, "monitors", "What it watches", {{"what", kRef}}, Ask::kDetail),
      list_column(26, "monitored_by", "Who watches it", {{"who", kRef}}, Ask::kDetail),
      list_column(27, "suspending", "Processes that it holds suspended",
                  {{"pid", kRef}, {"active", kInteger}, {"outstanding", kInteger}}, Ask::kDetail),
      {28, "group_leader", kRef, Unit::kNone, kGauge,
       "Where its output goes; tells the application it belongs to", Ask::kDetail},
      {29, "priority", kAtom, Unit::kNone, kGauge, "low, normal, high or max", Ask::kDetail},
      {30, "trap_exit", kBool, Unit::kNone, kGauge,
       "Receives exits of linked processes as messages", Ask::kDetail},
      {31, "message_queue_data", kAtom, Unit::kNone, kGauge,
       "Where its messages are kept: on_heap or off_heap", Ask::kDetail},
      {32, "minor_gcs", kInteger, Unit::kCount, kGauge, "Minor collections since the last full one",
       Ask::kDetail, AnswerForm::kPlain, "garbage_collection.minor_gcs"},
      {33, "fullsweep_after", kInteger, Unit::kCount, kGauge,
       "Minor collections before a full one is forced", Ask::kDetail, AnswerForm::kPlain,
       "garbage_collection.fullsweep_after"},
      {34, "min_heap_size", kInteger, Unit::kBytes, kGauge, "Smallest heap it is given",
       Ask::kDetail, AnswerForm::kWords, "garbage_collection.min_heap_size"},
      {35, "min_bin_vheap_size", kInteger, Unit::kBytes, kGauge,
       "Smallest binary virtual heap it is given", Ask::kDetail, AnswerForm::kWords,
       "garbage_collection.min_bin_vheap_size"},
      {36, "max_heap_size", kInteger, Unit::kBytes, kGauge,
       "Heap size at which it is killed or reported; 0 for no limit", Ask::kDetail,
       AnswerForm::kWords, "garbage_collection.max_heap_size.size"},
  };
}

// Who it is: read at first sight, but for the name it is registered under.
std::vector<Column> process_identity() {
  using enum Type;
  using enum Kind;
  return {
      {40, "registered_name", kAtom, Unit::kNone, kGauge, "Name it is registered under",
       Ask::kComputed},
      {41, "initial_call", kTerm, Unit::kNone, kIdentity,
       "Function it was spawned with; proc_lib:init_p for OTP behaviours, whose own one is "
       "dictionary_initial_call",
       Ask::kIdentity, AnswerForm::kCallable},
      {42, "dictionary_initial_call", kTerm, Unit::kNone, kIdentity,
       "The behaviour's own initial call: `$initial_call` of the process dictionary",
       Ask::kIdentity, AnswerForm::kCallable, "$initial_call"},
      {43, "parent", kRef, Unit::kNone, kIdentity, "Process that spawned it (OTP 25)",
       Ask::kIdentity},
      {44,
       "ancestors",
       kList,
       Unit::kCount,
       kIdentity,
       "Supervisors above it, nearest first: `$ancestors` of the process dictionary",
       Ask::kIdentity,
       AnswerForm::kPlain,
       "$ancestors",
       {{"ancestor", kRef}}},
      {45, "label", kTerm, Unit::kNone, kGauge,
       "What the process says it is: proc_lib:set_label/1, `$process_label`", Ask::kIdentity,
       AnswerForm::kPlain, "$process_label"},
  };
}

// Dear: read of the few that matter.
std::vector<Column> process_suspect() {
  using enum Type;
  using enum Kind;
  return {
      {50, "suspect_at", kInteger, Unit::kSnapshot, kGauge,
       "Snapshot in which the columns read only of suspects (binary and the block sizes) were "
       "last read",
       Ask::kComputed},
      list_column(
          51, "binary",
          "Binaries over 64 bytes that it keeps alive; read of a few in each snapshot",
          {{"id", kInteger}, {"size", kInteger, Unit::kBytes}, {"refc", kInteger, Unit::kCount}},
          Ask::kSuspect),
      {52, "heap_block_size", kInteger, Unit::kBytes, kGauge,
       "Allocated youngest generation; read of a few in each snapshot", Ask::kSuspect,
       AnswerForm::kWords, "garbage_collection_info.heap_block_size"},
      {53, "old_heap_block_size", kInteger, Unit::kBytes, kGauge,
       "Allocated old generation; read of a few in each snapshot", Ask::kSuspect,
       AnswerForm::kWords, "garbage_collection_info.old_heap_block_size"},
      {54, "old_heap_size", kInteger, Unit::kBytes, kGauge,
       "Old generation in use; read of a few in each snapshot", Ask::kSuspect, AnswerForm::kWords,
       "garbage_collection_info.old_heap_size"},
      {55, "recent_size", kInteger, Unit::kBytes, kGauge,
       "Data that survived the last collection; read of a few in each snapshot", Ask::kSuspect,
       AnswerForm::kWords, "garbage_collection_info.recent_size"},
      {56, "mbuf_size", kInteger, Unit::kBytes, kGauge,
       "Message fragments; read of a few in each snapshot", Ask::kSuspect, AnswerForm::kWords,
       "garbage_collection_info.mbuf_size"},
      {57, "bin_vheap_size", kInteger, Unit::kBytes, kGauge,
       "Binaries referred to from the youngest generation; read of a few in each snapshot",
       Ask::kSuspect, AnswerForm::kWords, "garbage_collection_info.bin_vheap_size"},
      {58, "bin_vheap_block_size", kInteger, Unit::kBytes, kGauge,
       "Size of such binaries that forces a collection; read of a few in each snapshot",
       Ask::kSuspect, AnswerForm::kWords, "garbage_collection_info.bin_vheap_block_size"},
      {59, "bin_old_vheap_size", kInteger, Unit::kBytes, kGauge,
       "Binaries referred to from the old generation; read of a few in each snapshot",
       Ask::kSuspect, AnswerForm::kWords, "garbage_collection_info.bin_old_vheap_size"},
      {60, "bin_old_vheap_block_size", kInteger, Unit::kBytes, kGauge,
       "Size of such binaries that forces a full collection; read of a few in each snapshot",
       Ask::kSuspect, AnswerForm::kWords, "garbage_collection_info.bin_old_vheap_block_size"},
  };
}

}  // namespace

const Table& process_table() {
  static const Table table{1, "process", "Every process of the node",
                           joined({process_itself(), process_census(), process_detail(),
                                   process_identity(), process_suspect()})};
  return table;
}

}  // namespace beamtape
