#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/store/reader.h"
#include "tests/analyzer/story.h"

namespace beamtape {

// Plays a Story back without a file.
class FakeReader : public Reader {
 public:
  explicit FakeReader(Story story);

  int format_version() const override { return 1; }
  std::int64_t dropped_to() const override { return 0; }
  std::optional<std::string> meta(std::string_view key) const override;
  std::vector<std::string> remarks() const override { return told_remarks; }
  std::int64_t file_bytes() const override { return 12'345; }
  const std::vector<Damage>& met() const override { return told_met; }
  const std::vector<NodeRecord>& nodes() const override { return story_.nodes; }
  const std::vector<SnapshotRecord>& snapshots() const override { return story_.snapshots; }
  const std::vector<GapRecord>& gaps() const override { return story_.gaps; }
  const std::vector<NoteRecord>& notes() const override { return story_.notes; }
  const std::vector<Table>& tables() const override { return tables_; }
  const Table* table(std::string_view name) const override;
  Expected<TableData> rows(const Table& table, std::int64_t snapshot,
                           std::vector<Damage>* damage) override;
  Expected<void> step(const Table& table, std::int64_t snapshot, TableData& data,
                      std::vector<Damage>* damage) override;
  Expected<void> histories(const Table& table, const std::vector<std::size_t>& groups,
                           std::int64_t from, std::int64_t to, const GroupVisitor& visit,
                           std::vector<Damage>* damage) override;
  std::optional<std::string_view> text(std::int64_t epoch, Cell id) override;
  std::optional<ListView> list(std::int64_t epoch, Cell id) override;
  Expected<void> aggregates(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) override;
  Expected<void> node_rows(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) override;
  Expected<std::vector<Damage>> check(const std::function<void(double)>& progress) override;

  // What a damaged or unclosed file would say.
  std::vector<std::string> told_remarks;
  std::vector<Damage> told_met;
  std::vector<Damage> told_damage;

 private:
  // Empty if the story tells none.
  std::vector<Cell> node_cells(std::int64_t snapshot);

  Story story_;
  std::vector<Table> tables_;
};

}  // namespace beamtape
