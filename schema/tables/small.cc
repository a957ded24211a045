// The small tables: schedulers, distribution connections, and the questions that the recorder
// asked, so that a snapshot also records itself.

#include "schema/tables/table.h"

namespace beamtape {

const Table& scheduler_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      6,
      "scheduler",
      "Every run queue of the node and the time its scheduler worked",
      {
          {1, "id", kInteger, Unit::kNone, kIdentity,
           "Normal schedulers come first, then the dirty CPU run queue and the dirty I/O one",
           Ask::kKey},
          {2, "type", kAtom, Unit::kNone, kIdentity, "normal, dirty_cpu or dirty_io"},
          {3, "run_queue_length", kInteger, Unit::kCount, kGauge,
           "Processes and ports waiting to run"},
          {4, "active_tasks", kInteger, Unit::kCount, kGauge,
           "Processes and ports waiting to run or running"},
          {5, "active_time", kInteger, Unit::kNone, kCounter,
           "Time spent working, in an unspecified unit; recorded where the node measures it "
           "(scheduler_wall_time)"},
          {6, "total_time", kInteger, Unit::kNone, kCounter,
           "Time passed, in the same unit: the ratio of the two increases is the utilization"},
      }};
  return table;
}

const Table& connection_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      7,
      "connection",
      "Every distribution channel to another node",
      {
          {1, "node", kAtom, Unit::kNone, kIdentity, "The other node", Ask::kKey},
          {2, "first_seen", kInteger, Unit::kSnapshot, kIdentity,
           "Snapshot in which the channel was first listed", Ask::kComputed},
          {3, "controller", kRef, Unit::kNone, kGauge,
           "Port or process that carries the channel; of a port, see its queue_size"},
          {4, "type", kAtom, Unit::kNone, kGauge, "visible or hidden"},
      }};
  return table;
}

const Table& question_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      8,
      "question",
      "Every question asked for this snapshot, chunk by chunk: a snapshot is not an instant",
      {
          {1, "number", kInteger, Unit::kNone, kIdentity, "Order in which chunks were answered",
           Ask::kKey},
          {2, "question", kAtom, Unit::kNone, kIdentity, "What was asked"},
          {3, "chunk", kInteger, Unit::kNone, kIdentity, "Part of the question, from 0"},
          {4, "began", kInteger, Unit::kMicroseconds, kGauge,
           "Start on the node, since the first question of the snapshot"},
          {5, "took", kInteger, Unit::kMicroseconds, kGauge, "Time spent on the node"},
          {6, "rows", kInteger, Unit::kCount, kGauge, "Rows in the answer"},
          {7, "bytes", kInteger, Unit::kBytes, kGauge, "Bytes of the answer as they came"},
          {8, "outcome", kAtom, Unit::kNone, kGauge,
           "ok, or why there is no answer: deadline, process_limit, failed, malformed, incomplete"},
          {9, "cost", kInteger, Unit::kMicroseconds, kGauge,
           "What it took of the node's schedulers at most: no more than `took`, which is mostly "
           "waiting on a busy node"},
      }};
  return table;
}

}  // namespace beamtape
