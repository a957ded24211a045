#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/store/directory.h"
#include "schema/store/layout.h"
#include "schema/store/open_recording.h"
#include "schema/store/reader.h"
#include "schema/store/samples.h"
#include "schema/store/sqlite.h"

namespace beamtape {

// Where a snapshot's rows are, beside its record.
struct StoredSnapshot {
  std::vector<std::uint8_t> tables;     // that have a blob, ascending
  std::optional<std::size_t> previous;  // index of the one before, of the same node and epoch
  bool broken = false;                  // a snapshot between it and its keyframe is not there
  std::uint32_t row_checksum = 0;
  std::uint32_t text_checksum = 0;

  bool has(std::uint8_t table) const;
  std::string tables_text() const;  // as it is stored
};

// Texts and lists of one keyframe group.
struct Dictionary {
  std::int64_t epoch = 0;
  std::unordered_map<Cell, std::string> texts;
  bool all_texts = false;
  int single_texts = 0;  // looked up one by one so far
  bool told = false;     // that some are damaged
  bool lists_loaded = false;
  // By ascending id: those of one part after another, as a recorder numbers them; of a file in
  // which they are in another order, all in one. None without entries.
  std::vector<Lists> lists;
};

// The reader of one file. Not a public header: reader.cc opens and loads, reader_rows.cc decodes
// rows, reader_dictionary.cc texts and lists, reader_samples.cc aggregates; checker.cc checks.
class FileReader final : public Reader {
 public:
  // As Reader::open does.
  static Expected<std::unique_ptr<FileReader>> open(const std::string& path);
  FileReader(std::string path, OpenedFile file);

  Expected<void> load();

  int format_version() const override { return format_version_; }
  std::int64_t dropped_to() const override;
  std::optional<std::string> meta(std::string_view key) const override;
  std::vector<std::string> remarks() const override { return remarks_; }
  const std::vector<Damage>& met() const override { return met_; }
  std::int64_t file_bytes() const override;
  const std::vector<NodeRecord>& nodes() const override { return nodes_; }
  const std::vector<SnapshotRecord>& snapshots() const override { return snapshots_; }
  const std::vector<GapRecord>& gaps() const override { return gaps_; }
  const std::vector<NoteRecord>& notes() const override { return notes_; }
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
  // The same without decoding what the snapshots hold.
  Expected<std::vector<Damage>> check_plain();

 private:
  friend class Checker;

  tl::unexpected<Error> unreadable(Error error) const;
  const Table& node_declaration() const;
  std::optional<std::size_t> index_of(std::int64_t snapshot) const;
  Expected<std::size_t> require(std::int64_t snapshot) const;
  // Snapshots from its keyframe to this one.
  std::vector<std::size_t> chain(std::size_t index) const;

  void load_meta();
  void check_declarations();
  void load_nodes();
  void load_events();
  Expected<void> load_snapshots();
  void link_snapshots();
  bool is_whole(std::size_t from, std::size_t to) const;
  void load_failed(const char* what, const Error& error);
  void meet(std::int64_t snapshot, std::string what);
  bool fits(const NodeSampleReader& rows);
  void check_samples(std::size_t index, Aggregates& aggregates);

  // The directory of one blob, which stays open for read_part. Nothing, and a reason in `why`,
  // if it cannot be read.
  std::optional<std::vector<PartEntry>> open_blob(std::int64_t snapshot, std::uint8_t table,
                                                  std::string& why);
  bool read_part(const PartEntry& entry, std::int64_t snapshot, std::uint8_t table,
                 std::string& why);
  bool contradicts(const Table& table, std::size_t index, std::string& why);
  // Brings `data` through these snapshots, which follow each other; only these row groups of it, if
  // given, ascending.
  void apply(const Table& table, const std::vector<std::size_t>& indexes, TableData& data,
             std::vector<Damage>* damage, const std::vector<std::size_t>* only = nullptr);

  Dictionary& dictionary(std::int64_t epoch);
  void load_texts(Dictionary& dictionary);
  void load_lists(Dictionary& dictionary);
  // One for each part, none without entries.
  std::vector<Lists> read_lists(std::int64_t snapshot, std::vector<Damage>* damage);

  std::string path_;
  Database database_;
  int format_version_ = 0;
  bool wal_is_foreign_ = false;
  std::vector<std::string> remarks_;
  std::vector<Damage> met_;
  std::map<std::string, std::string, std::less<>> meta_;
  std::vector<NodeRecord> nodes_;
  std::vector<SnapshotRecord> snapshots_;
  std::vector<StoredSnapshot> stored_;  // beside snapshots_
  std::vector<GapRecord> gaps_;
  std::vector<NoteRecord> notes_;
  std::vector<Table> tables_;
  std::vector<std::string> node_sample_columns_;
  BlobReader blob_;
  std::vector<std::uint8_t> buffer_;
  std::list<Dictionary> dictionaries_;  // of the epochs asked for last, latest first
  Statement one_text_;
};

}  // namespace beamtape
