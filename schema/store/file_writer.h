#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/store/directory.h"
#include "schema/store/file_lock.h"
#include "schema/store/node_state.h"
#include "schema/store/reserve.h"
#include "schema/store/retention.h"
#include "schema/store/samples.h"
#include "schema/store/sqlite.h"
#include "schema/store/writer.h"

namespace beamtape {

// The writer of one file. Not a public header: writer_open.cc makes the file or looks at one that
// is there, writer.cc writes plain rows, writer_snapshot.cc snapshots; writer_space.cc looks that
// there is room for them.

// 0 if it is not there.
std::int64_t file_size(const std::string& path);

class FileWriter final : public Writer {
 public:
  FileWriter(std::string path, const Options& options, FileLock lock, Database database)
      : path_(std::move(path)),
        options_(options),
        tables_(options.tables),
        retention_(options.max_bytes, options.keep_us),
        lock_(std::move(lock)),
        database_(std::move(database)) {
    if (!tables_.empty()) return;
    for (const Table* table : columnar_tables()) tables_.push_back(*table);
    tables_.push_back(node_table());
  }
  ~FileWriter() override {
    if (!closed_) static_cast<void>(close());  // errors are lost, as the header says
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Makes a file with its tables and nothing else; errors as of Writer::create.
  static Expected<void> make(const std::string& path, const Options& options);
  // One of the two, once, at first: of a file that was just made, or to take in what is there.
  Expected<void> become_current();
  Expected<void> start_writing();
  Expected<void> resume();

  const std::vector<Life>& earlier() const override { return earlier_; }
  const std::string& path() const override { return path_; }
  std::int64_t last_snapshot() const override { return last_snapshot_; }
  Expected<std::int64_t> add_node(const NodeRecord& node) override;
  Expected<void> add_gap(const GapRecord& gap) override;
  Expected<void> add_note(const NoteRecord& note) override;
  void end_epoch(std::int64_t node) override;
  void end_life(std::int64_t node) override;
  Expected<void> begin(std::int64_t id, std::int64_t epoch, std::int64_t node) override;
  Expected<void> put_text(Cell id, std::string_view text) override;
  Expected<void> put_list(Cell id, const ListView& list) override;
  Expected<void> put_rows(const Table& table, std::size_t group, RowGroup&& rows) override;
  Expected<void> put_aggregates(const Aggregates& aggregates) override;
  Expected<std::int64_t> commit(const SnapshotRecord& snapshot) override;
  bool wants_keyframe(std::int64_t node) const override;
  bool needs_keyframe(std::int64_t node) const override;
  void abandon() override;
  Expected<void> make_space() override;
  std::int64_t dropped_snapshots() const override { return retention_.dropped_snapshots(); }
  std::int64_t file_bytes() const override;
  Expected<void> close() override;

 private:
  bool keyframe() const { return epoch_ == snapshot_; }
  NodeState& state() { return nodes_[node_]; }
  const Table* declared(std::uint16_t id) const;
  Error named(Error error) const {
    error.message = "cannot write " + path_ + ": " + error.message;
    return error;
  }
  const Table& node_declaration() const;
  Expected<void> check_declarations();
  Expected<void> load_lives();
  Expected<void> check_nodes() const;
  Expected<void> write_meta();
  Expected<void> make_tables();
  Expected<void> prepare_statements();
  Expected<void> insert_node(std::int64_t id, const NodeRecord& node);
  Expected<void> insert_gap(const GapRecord& gap);
  Expected<void> within_snapshot() const;
  Expected<void> outside_snapshot() const;
  // Takes the snapshot back and gives the error its name.
  tl::unexpected<Error> give_up(Error error);
  void encode_untouched();
  void encode_pending_lists();
  using Blobs = std::vector<std::pair<std::uint8_t, std::vector<std::uint8_t>>>;  // by table
  Blobs build_blobs(std::int64_t& bytes);
  std::int64_t drop_bytes(const Blobs& blobs) const;
  Expected<std::uint32_t> insert_texts();
  Expected<std::string> insert_parts(const Blobs& blobs);
  Expected<std::uint32_t> insert_all(const SnapshotRecord& snapshot, const Blobs& blobs);
  void forget_snapshot();
  Expected<void> look_for_readers();
  Expected<void> begin_rows(std::int64_t bytes, bool is_gap = false);
  Expected<void> commit_rows(Expected<void> done);
  Expected<void> begin_with_room(const SnapshotRecord& coming, std::int64_t bytes);
  Expected<void> shorten_file();
  std::int64_t checkpoint();  // bytes of the -wal that the last transaction took
  Expected<bool> drop_for_space();
  Expected<void> hold_file();
  void let_file_grow();
  std::string leave_name(std::string why) const;

  std::string path_;
  Options options_;
  std::vector<Table> tables_;
  Retention retention_;
  Reserve reserve_;
  FileLock lock_;  // outlives what follows
  Database database_;
  std::optional<SampleWriter> samples_;
  Statement insert_text_;
  Statement insert_part_;
  Statement insert_snapshot_;
  std::map<std::int64_t, NodeState> nodes_;
  std::vector<Life> earlier_;
  std::int64_t last_node_ = 0, last_snapshot_ = 0;
  std::int64_t pinned_frames_ = 0;  // of the -wal, which cannot be written over
  bool is_full_ = false;            // that is why: the file system
  bool closed_ = false;

  // Of the snapshot that was begun; 0 if none.
  std::int64_t snapshot_ = 0;
  std::int64_t epoch_ = 0;
  std::int64_t node_ = 0;
  std::map<std::uint8_t, BlobBuilder> blobs_;
  Lists lists_;
  struct Texts {
    std::string bytes;  // of all, one behind the other
    std::vector<std::pair<Cell, std::size_t>> ends;
  } texts_;
  std::optional<Aggregates> aggregates_;
  std::int64_t beside_bytes_ = 0;  // what the snapshot under way has beside its parts, about
};

}  // namespace beamtape
