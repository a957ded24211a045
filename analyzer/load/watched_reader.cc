#include "analyzer/load/watched_reader.h"

#include <utility>

namespace beamtape {

namespace {

class WatchedReader : public Reader {
 public:
  WatchedReader(std::unique_ptr<Reader> reader, std::shared_ptr<Watch> watch)
      : reader_(std::move(reader)), watch_(std::move(watch)) {}

  int format_version() const override { return reader_->format_version(); }
  std::optional<std::string> meta(std::string_view key) const override {
    return reader_->meta(key);
  }
  std::int64_t dropped_to() const override { return reader_->dropped_to(); }
  std::vector<std::string> remarks() const override { return reader_->remarks(); }
  std::int64_t file_bytes() const override { return reader_->file_bytes(); }
  const std::vector<Damage>& met() const override { return reader_->met(); }
  const std::vector<NodeRecord>& nodes() const override { return reader_->nodes(); }
  const std::vector<SnapshotRecord>& snapshots() const override { return reader_->snapshots(); }
  const std::vector<GapRecord>& gaps() const override { return reader_->gaps(); }
  const std::vector<NoteRecord>& notes() const override { return reader_->notes(); }
  const std::vector<Table>& tables() const override { return reader_->tables(); }
  const Table* table(std::string_view name) const override { return reader_->table(name); }
  std::optional<std::string_view> text(std::int64_t epoch, Cell id) override {
    return reader_->text(epoch, id);
  }
  std::optional<ListView> list(std::int64_t epoch, Cell id) override {
    return reader_->list(epoch, id);
  }

  Expected<TableData> rows(const Table& table, std::int64_t snapshot,
                           std::vector<Damage>* damage) override {
    if (!goes_on(snapshot)) return stopped();
    return reader_->rows(table, snapshot, damage);
  }
  Expected<void> step(const Table& table, std::int64_t snapshot, TableData& data,
                      std::vector<Damage>* damage) override {
    if (!goes_on(snapshot)) return stopped();
    return reader_->step(table, snapshot, data, damage);
  }
  Expected<void> histories(const Table& table, const std::vector<std::size_t>& groups,
                           std::int64_t from, std::int64_t to, const GroupVisitor& visit,
                           std::vector<Damage>* damage) override {
    return whole(reader_->histories(table, groups, from, to, watching(visit), damage));
  }
  Expected<void> aggregates(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const Aggregates&)>& visit) override {
    return whole(reader_->aggregates(from, to, watching(visit)));
  }
  Expected<void> node_rows(
      std::int64_t from, std::int64_t to,
      const std::function<bool(const SnapshotRecord&, const std::vector<Cell>&)>& visit) override {
    return whole(reader_->node_rows(from, to, watching(visit)));
  }
  Expected<std::vector<Damage>> check(const std::function<void(double)>& progress) override {
    return reader_->check(progress);
  }

 private:
  static tl::unexpected<Error> stopped() { return fail(Error::Code::kOther, "stopped"); }

  bool goes_on(std::int64_t snapshot) {
    watch_->snapshot = snapshot;
    return !watch_->stopped;
  }
  // A visitor that is told of no more once it was stopped.
  template <typename... What>
  std::function<bool(const SnapshotRecord&, What...)> watching(
      const std::function<bool(const SnapshotRecord&, What...)>& visit) {
    return [this, &visit](const SnapshotRecord& snapshot, What... what) {
      return goes_on(snapshot.id) && visit(snapshot, what...);
    };
  }
  // What ended early because it was stopped is no answer.
  Expected<void> whole(Expected<void> read) const {
    if (read && watch_->stopped) return stopped();
    return read;
  }

  std::unique_ptr<Reader> reader_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace

std::unique_ptr<Reader> watched(std::unique_ptr<Reader> reader, std::shared_ptr<Watch> watch) {
  return std::make_unique<WatchedReader>(std::move(reader), std::move(watch));
}

}  // namespace beamtape
