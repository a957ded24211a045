// Every ETS table: ets:info/1 and, for a few, what is too dear to ask of all. No row is read.

#include "schema/tables/table.h"

namespace beamtape {

const Table& ets_table() {
  using enum Type;
  using enum Kind;
  static const Table table{
      2,
      "ets",
      "Every ETS table of the node",
      {
          {1, "id", kTerm, Unit::kNone, kIdentity, "Table identifier", Ask::kKey},
          {2, "first_seen", kInteger, Unit::kSnapshot, kIdentity,
           "Snapshot in which the table was first listed", Ask::kComputed},
          {3, "name", kAtom, Unit::kNone, kGauge, "Name it was made with"},
          {4, "named_table", kBool, Unit::kNone, kIdentity, "Can be reached by its name"},
          {5, "owner", kRef, Unit::kNone, kGauge, "Process it ends with"},
          {6, "heir", kRef, Unit::kNone, kGauge, "Process that inherits it"},
          {7, "size", kInteger, Unit::kCount, kGauge, "Rows"},
          {8, "memory", kInteger, Unit::kBytes, kGauge,
           "Memory of the table, without the binaries over 64 bytes that its rows refer to",
           Ask::kEvery, AnswerForm::kWords},
          {9, "type", kAtom, Unit::kNone, kIdentity, "set, ordered_set, bag or duplicate_bag"},
          {10, "protection", kAtom, Unit::kNone, kGauge, "private, protected or public"},
          {11, "keypos", kInteger, Unit::kNone, kIdentity, "Position of the key in a row"},
          {12, "compressed", kBool, Unit::kNone, kIdentity, "Keeps its rows compressed"},
          {13, "read_concurrency", kBool, Unit::kNone, kIdentity, "Tuned for concurrent reading"},
          {14, "write_concurrency", kTerm, Unit::kNone, kIdentity,
           "Tuned for concurrent writing: true, false or auto"},
          {15, "decentralized_counters", kBool, Unit::kNone, kIdentity,
           "Keeps size and memory per scheduler: dearer to read"},
          {20, "suspect_at", kInteger, Unit::kSnapshot, kGauge,
           "Snapshot in which the columns below were last read", Ask::kComputed},
          list_column(
              21, "safe_fixed",
              "Processes that hold the table fixed, so that deleted rows stay in memory; read of "
              "suspects only",
              {{"pid", kRef}, {"count", kInteger}}, Ask::kSuspect),
          {22, "binary_count", kInteger, Unit::kCount, kGauge,
           "Binaries over 64 bytes that its rows refer to; read of suspects only", Ask::kSuspect},
          {23, "binary_size", kInteger, Unit::kBytes, kGauge,
           "Bytes of those binaries, each counted once; read of suspects only", Ask::kSuspect},
      }};
  return table;
}

}  // namespace beamtape
