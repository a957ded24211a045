#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "analyzer/load/recording.h"
#include "schema/store/query.h"

namespace beamtape {

// The columnar tables of a recording for SQL, one row for each row of each snapshot: columns
// `snapshot`, then those that `show` has, with the same texts. Lists are JSON. What is missing is
// NULL.
class RecordingTables : public VirtualTables {
 public:
  // How much was decoded, so that a test can tell that the rest was not.
  struct Work {
    std::int64_t whole = 0;     // snapshots of which all rows were decoded, from their keyframe
    std::int64_t stepped = 0;   // snapshots to which all rows of the one before were brought
    std::int64_t followed = 0;  // snapshots of which only one row group was decoded
  };

  explicit RecordingTables(const Recording& recording);

  const std::vector<VirtualTable>& tables() const override { return tables_; }
  std::unique_ptr<VirtualRows> select(std::size_t table, const Selection& selection) override;

  const Work& work() const { return work_; }
  const std::vector<Damage>& damage() const { return damage_; }

 private:
  friend class SelectedRows;

  // The rows of a table at the snapshot that was asked for last: the next one is a step away.
  struct Held {
    const SnapshotRecord* snapshot = nullptr;
    std::shared_ptr<TableData> data;
  };
  Expected<std::shared_ptr<TableData>> rows(std::size_t table, const SnapshotRecord& snapshot);

  const Recording& recording_;
  std::vector<const Table*> sources_;
  std::vector<std::vector<Shown>> shown_;
  std::vector<VirtualTable> tables_;
  std::map<std::size_t, Held> held_;
  Work work_;
  std::vector<Damage> damage_;
};

}  // namespace beamtape
