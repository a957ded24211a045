// The plain rows of a recording beside its snapshots. See FORMAT.md for what is written.

#include "schema/store/writer.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "schema/store/file_writer.h"

namespace beamtape {
std::int64_t file_size(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

namespace {

// Of a row of a life beside its texts, about.
constexpr std::size_t kBesideText = 24;

std::int64_t bytes_of(const NodeRecord& node) {
  std::size_t bytes = node.name.size();
  for (const auto& [key, value] : node.facts) bytes += key.size() + value.size() + kBesideText;
  for (const auto& one : node.applications) {
    bytes += one.name.size() + one.version.size() + kBesideText;
  }
  return static_cast<std::int64_t>(bytes + bytes / 2);
}

}  // namespace

const Table* FileWriter::declared(std::uint16_t id) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [id](const Table& table) { return table.id == id; });
  return found == tables_.end() ? nullptr : &*found;
}

Expected<void> FileWriter::outside_snapshot() const {
  if (closed_) return fail(Error::Code::kUsage, "cannot write " + path_ + ": it is closed");
  if (snapshot_ == 0) return {};
  return fail(Error::Code::kUsage, "cannot write " + path_ + ": a snapshot is being written");
}

Expected<std::int64_t> FileWriter::add_node(const NodeRecord& node) {
  auto done = begin_rows(bytes_of(node));
  if (done) done = commit_rows(insert_node(last_node_ + 1, node));
  if (!done) return tl::unexpected(std::move(done.error()));
  ++last_node_;
  for (auto& [id, state] : nodes_) {
    if (state.name != node.name) continue;
    end_epoch(id);
    state = NodeState{};
  }
  nodes_[last_node_].name = node.name;
  return last_node_;
}

Expected<void> FileWriter::insert_node(std::int64_t id, const NodeRecord& node) {
  auto fact_row = database_.prepare("INSERT OR REPLACE INTO node_fact VALUES(?, ?, ?)");
  auto application_row = database_.prepare("INSERT OR REPLACE INTO application VALUES(?, ?, ?, ?)");
  auto node_row = database_.prepare("INSERT INTO node VALUES(?, ?, ?, ?, ?)");
  for (const auto* row : {&fact_row, &application_row, &node_row}) {
    if (!*row) return tl::unexpected(row->error());
  }
  const auto facts = std::map<std::string, std::string>(node.facts.begin(), node.facts.end());
  for (const auto& [key, value] : facts) {
    const auto done = fact_row->bind(1, id).bind(2, key).bind(3, value).run();
    if (!done) return done;
  }
  std::map<std::string, NodeRecord::Application> applications;
  for (const auto& application : node.applications) applications[application.name] = application;
  for (const auto& [name, application] : applications) {
    const auto done = application_row->bind(1, id)
                          .bind(2, name)
                          .bind(3, application.version)
                          .bind(4, application.master)
                          .run();
    if (!done) return done;
  }
  NodeRecord stored = node;
  stored.id = id;
  stored.facts.assign(facts.begin(), facts.end());
  stored.applications.clear();
  for (const auto& [name, application] : applications) stored.applications.push_back(application);
  return node_row->bind(1, id)
      .bind(2, node.name)
      .bind(3, node.creation)
      .bind(4, node.attached_wall_us)
      .bind(5, row_checksum(stored))
      .run();
}

Expected<void> FileWriter::add_gap(const GapRecord& gap) {
  if (auto begun = begin_rows(static_cast<std::int64_t>(gap.reason.size()), true); !begun) {
    return begun;
  }
  return commit_rows(insert_gap(gap));
}

Expected<void> FileWriter::insert_gap(const GapRecord& gap) {
  auto row = database_.prepare(
      "INSERT INTO gap(node, from_wall_us, to_wall_us, reason, checksum) VALUES(?, ?, ?, ?, ?)");
  if (!row) return tl::unexpected(std::move(row.error()));
  row->bind(1, gap.node).bind(2, gap.from_wall_us).bind(3, gap.to_wall_us).bind(4, gap.reason);
  return row->bind(5, row_checksum(gap)).run();
}

Expected<void> FileWriter::add_note(const NoteRecord& note) {
  auto begun = begin_rows(static_cast<std::int64_t>(note.text.size()));
  return begun ? commit_rows(insert_note(database_, note)) : begun;
}

void FileWriter::end_epoch(std::int64_t node) {
  NodeState& state = nodes_[node];
  state.needs_keyframe = true;
  retention_.ended(state.epoch);
}

void FileWriter::end_life(std::int64_t node) {
  end_epoch(node);
  nodes_[node].held.clear();
}

std::int64_t FileWriter::file_bytes() const { return file_size(path_) + file_size(path_ + "-wal"); }

// What stands beside a file that was removed or moved would be taken for that of the next one of
// this name; unless there is one, whose it is. A -wal that could not be folded in, as somebody
// reads the file, stays: it has what was recorded last. Returns what to tell.
std::string FileWriter::leave_name(std::string why) const {
  if (access(path_.c_str(), F_OK) == 0) return why;
  if (lock_.is_somewhere() && file_size(path_ + "-wal") > 0) {
    return fmt::format("{}, the last of it in {}-wal: move that beside it", why, path_);
  }
  for (const char* beside : {"-wal", "-shm"}) unlink((path_ + beside).c_str());
  return why;
}

// DELETE mode is refused while somebody else has the file open: all data is in it by then, but
// its -wal stays until the other one is gone.
Expected<void> FileWriter::close() {
  if (closed_) return {};
  if (snapshot_ != 0) abandon();
  closed_ = true;
  // Statements end before the connection changes its journal.
  samples_.reset();
  insert_text_ = {};
  insert_part_ = {};
  insert_snapshot_ = {};
  reserve_.release();
  auto why = lock_.why_not_at(path_);
  // Until the first read after the change to WAL, SQLite takes a checkpoint for one within a
  // transaction: of a file that was only opened to be gone on with.
  auto done = database_.exec(
      "SELECT 1 FROM meta; PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)");
  // That would remove the -wal of whatever has this name now.
  if (done && !why) done = database_.exec("PRAGMA journal_mode=DELETE");
  database_ = {};
  if (why) done = fail(Error::Code::kNotFound, leave_name(std::move(*why)));
  lock_ = {};
  if (!done) return tl::unexpected(named(std::move(done.error())));
  return {};
}

}  // namespace beamtape
