#include "recorder/session/aggregator.h"

#include <algorithm>
#include <limits>
#include <map>

#include "schema/model/group.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

Cell value_or_zero(Cell cell) { return is_missing(cell) ? 0 : cell; }

struct ProcessColumns {
  std::size_t first_seen, reductions, queue, memory;
};

const ProcessColumns& process_columns() {
  const Table& table = process_table();
  static const ProcessColumns columns{
      table.index_of("first_seen"),
      table.index_of("reductions"),
      table.index_of("message_queue_len"),
      table.index_of("memory"),
  };
  return columns;
}

void set_node(RecordedNode& node, std::string_view column, Cell cell) {
  node.node_row[node_table().index_of(column)] = cell;
}

// Largest samples first; what is beyond kMaxGroups adds up in one named "other".
template <typename Sample, typename Add>
void keep_largest(std::vector<Sample>& samples, Cell other_name, Cell Sample::*size, Add add) {
  std::stable_sort(samples.begin(), samples.end(),
                   [&](const Sample& a, const Sample& b) { return a.*size > b.*size; });
  if (samples.size() <= kMaxGroups) return;
  Sample other;
  other.name = other_name;
  for (std::size_t at = kMaxGroups - 1; at < samples.size(); ++at) add(other, samples[at]);
  samples.resize(kMaxGroups - 1);
  samples.push_back(other);
}

// Samples by name of the living rows of a table.
template <typename Sample, typename Add>
std::vector<Sample> sum_by_name(RecordedNode& node, const Table& table,
                                std::string_view name_column, bool folded, Add add) {
  const Rows& rows = node.rows(table);
  const std::size_t name_at = table.index_of(name_column);
  std::map<std::string, Sample> by_name;
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot)) continue;
    const Cell name = rows.get(slot, name_at);
    std::string text(is_missing(name) ? "?" : node.interner->text_of(name));
    add(by_name[folded ? fold_name(text) : text], rows, slot);
  }
  std::vector<Sample> samples;
  for (auto& [name, sample] : by_name) {
    sample.name = node.interner->text(name);
    samples.push_back(sample);
  }
  return samples;
}

std::vector<EtsSample> ets_samples(RecordedNode& node) {
  const std::size_t size = ets_table().index_of("size");
  const std::size_t memory = ets_table().index_of("memory");
  auto samples = sum_by_name<EtsSample>(node, ets_table(), "name", true,
                                        [&](EtsSample& sum, const Rows& rows, std::size_t slot) {
                                          ++sum.tables;
                                          sum.size += value_or_zero(rows.get(slot, size));
                                          sum.memory += value_or_zero(rows.get(slot, memory));
                                        });
  keep_largest(samples, node.interner->text("other"), &EtsSample::memory,
               [](EtsSample& sum, const EtsSample& one) {
                 sum.tables += one.tables;
                 sum.size += one.size;
                 sum.memory += one.memory;
               });
  return samples;
}

void add_up(PortSample& sum, const PortSample& one) {
  sum.ports += one.ports;
  sum.input += one.input;
  sum.output += one.output;
  sum.queue_size += one.queue_size;
  sum.memory += one.memory;
}

// The sockets of module `socket`, which are no ports: they stand beside the drivers.
PortSample socket_sample(RecordedNode& node) {
  const Table& table = socket_table();
  const Rows& rows = node.rows(table);
  const std::size_t read = table.index_of("read_byte"), written = table.index_of("write_byte");
  PortSample sum;
  sum.name = node.interner->text(table.name);
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot)) continue;
    ++sum.ports;
    sum.input += value_or_zero(rows.get(slot, read));
    sum.output += value_or_zero(rows.get(slot, written));
  }
  return sum;
}

std::vector<PortSample> port_samples(RecordedNode& node) {
  const Table& table = port_table();
  const std::size_t input = table.index_of("input"), output = table.index_of("output"),
                    queue = table.index_of("queue_size"), memory = table.index_of("memory");
  auto samples = sum_by_name<PortSample>(node, table, "name", true,
                                         [&](PortSample& sum, const Rows& rows, std::size_t slot) {
                                           ++sum.ports;
                                           sum.input += value_or_zero(rows.get(slot, input));
                                           sum.output += value_or_zero(rows.get(slot, output));
                                           sum.queue_size += value_or_zero(rows.get(slot, queue));
                                           sum.memory += value_or_zero(rows.get(slot, memory));
                                         });
  if (const PortSample sockets = socket_sample(node); sockets.ports > 0) {
    // A program may be called `socket` as well; a name can be there once.
    const auto same = std::find_if(samples.begin(), samples.end(),
                                   [&](const PortSample& one) { return one.name == sockets.name; });
    same == samples.end() ? samples.push_back(sockets) : add_up(*same, sockets);
  }
  keep_largest(samples, node.interner->text("other"), &PortSample::ports, add_up);
  return samples;
}

// used = blocks of single- and multi-block carriers, the pool included; allocated likewise
// (recon_alloc's memory/1). mseg_alloc and sys_alloc are where carriers come from: not counted.
std::vector<AllocatorSample> allocator_samples(RecordedNode& node) {
  const Table& table = allocator_table();
  std::vector<std::size_t> blocks, carriers;
  for (const char* kind : {"mbcs", "mbcs_pool", "sbcs"}) {
    blocks.push_back(table.index_of(std::string(kind) + "_blocks_size"));
    carriers.push_back(table.index_of(std::string(kind) + "_carriers_size"));
  }
  auto samples =
      sum_by_name<AllocatorSample>(node, table, "allocator", false,
                                   [&](AllocatorSample& sum, const Rows& rows, std::size_t slot) {
                                     for (const std::size_t at : blocks)
                                       sum.blocks_size += value_or_zero(rows.get(slot, at));
                                     for (const std::size_t at : carriers) {
                                       sum.carriers_size += value_or_zero(rows.get(slot, at));
                                     }
                                   });
  std::erase_if(samples, [](const AllocatorSample& one) { return one.carriers_size == 0; });
  std::stable_sort(samples.begin(), samples.end(),
                   [](const AllocatorSample& a, const AllocatorSample& b) {
                     return a.carriers_size > b.carriers_size;
                   });
  return samples;
}

// Rows with at least one column that was asked for and has no value for a reason other than that
// the node has none. Column by column, which the memory's way of reading likes.
std::int64_t count_not_read(const TableData& data) {
  std::int64_t count = 0;
  std::vector<bool> not_read;
  for (const RowGroup& group : data.groups) {
    not_read.assign(group.rows, false);
    for (const auto& column : group.columns) {
      for (std::size_t row = 0; row < group.rows; ++row) {
        const Cell cell = column[row];
        if (is_not_read(cell) && cell != missing(Missing::kNotRecorded)) not_read[row] = true;
      }
    }
    count += std::count(not_read.begin(), not_read.end(), true);
  }
  return count;
}

Cell longest_dist_queue(RecordedNode& node) {
  const Rows& connections = node.rows(connection_table());
  const Rows& ports = node.rows(port_table());
  const std::size_t controller = connection_table().index_of("controller");
  const std::size_t queue_size = port_table().index_of("queue_size");
  Cell longest = missing(Missing::kNone);
  for (std::size_t slot = 0; slot < connections.slots(); ++slot) {
    if (!connections.occupied(slot)) continue;
    const Cell carrier = connections.get(slot, controller);
    const auto port = is_missing(carrier) ? std::nullopt : ports.find(carrier);
    if (port) longest = std::max(longest, ports.get(*port, queue_size));
  }
  return longest;
}

}  // namespace

std::uint32_t Aggregator::group_named(std::string name) {
  const auto [at, is_new] =
      group_ids_.try_emplace(std::move(name), static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.push_back({at->first, {}});
  return at->second;
}

void Aggregator::forget_empty_groups() {
  for (auto& known : group_by_text_) known.clear();
  const std::vector<Group> before = std::move(groups_);
  groups_.clear();
  group_ids_.clear();
  for (Member& member : members_) {
    if (!is_missing(member.pid)) member.group = group_named(before[member.group].name);
  }
}

const std::array<std::size_t, 4>& Aggregator::group_columns() {
  const Table& table = process_table();
  static const std::array columns{table.index_of("registered_name"), table.index_of("label"),
                                  table.index_of("dictionary_initial_call"),
                                  table.index_of("initial_call")};
  return columns;
}

std::uint32_t Aggregator::group_of(std::size_t slot, const RecordedNode& node) {
  const Rows& rows = node.rows(process_table());
  for (std::size_t at = 0; at < group_columns().size(); ++at) {
    const Cell text = rows.get(slot, group_columns()[at]);
    if (is_missing(text)) continue;
    const bool folded = at < 2;  // names and labels
    auto& known = group_by_text_[folded ? 1 : 0];
    const auto id = static_cast<std::size_t>(text);
    if (id >= known.size()) known.resize(id + 1);
    if (known[id] == 0) {
      const std::string_view name = node.interner->text_of(text);
      known[id] = group_named(folded ? fold_name(name) : std::string(name)) + 1;
    }
    return known[id] - 1;
  }
  return group_named("unknown");
}

void Aggregator::sum_processes(RecordedNode& node, SnapshotRecord& record) {
  const ProcessColumns& columns = process_columns();
  const Rows& rows = node.rows(process_table());
  Cell reductions = 0, queue = 0, longest = 0, largest = missing(Missing::kNone);
  members_.resize(rows.slots());
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    const RowGroup& group = rows.data().groups[slot / kRowsPerGroup];
    const auto cell = [&](std::size_t column) {
      return group.columns[column][slot % kRowsPerGroup];
    };
    Member now;
    if (!is_missing(cell(0))) now = {cell(0), cell(columns.first_seen), group_of(slot, node)};
    Member& before = members_[slot];
    const bool same = before.pid == now.pid && before.first_seen == now.first_seen;
    if (!same && !is_missing(before.pid)) ++groups_[before.group].sample.gone;
    before = now;
    if (is_missing(now.pid)) continue;
    GroupSample& sample = groups_[now.group].sample;
    ++sample.processes;
    if (!same) ++sample.appeared;
    const Cell memory = cell(columns.memory);
    const Cell own_queue = value_or_zero(cell(columns.queue));
    const Cell own_reductions = value_or_zero(cell(columns.reductions));
    if (is_missing(memory)) {
      ++sample.memory_unknown;
    } else {
      sample.memory += memory;
    }
    sample.message_queue_len += own_queue;
    sample.max_message_queue_len = std::max(sample.max_message_queue_len, own_queue);
    sample.reductions += own_reductions;
    reductions += own_reductions;
    queue += own_queue;
    longest = std::max(longest, own_queue);
    largest = std::max(largest, memory);
  }
  record.not_read = count_not_read(rows.data());
  set_node(node, "reductions", reductions);
  set_node(node, "message_queue_len", queue);
  set_node(node, "max_message_queue_len", longest);
  set_node(node, "max_memory", is_missing(largest) ? missing(Missing::kNone) : largest);
}

std::vector<GroupSample> Aggregator::take_groups(RecordedNode& node) {
  std::vector<GroupSample> samples;
  for (Group& group : groups_) {
    if (group.sample.processes != 0 || group.sample.gone != 0) {
      group.sample.name = node.interner->text(group.name);
      samples.push_back(group.sample);
    }
    group.sample = {};
  }
  keep_largest(samples, node.interner->text("other"), &GroupSample::memory,
               [](GroupSample& sum, const GroupSample& one) {
                 sum.processes += one.processes;
                 sum.memory += one.memory;
                 sum.memory_unknown += one.memory_unknown;
                 sum.message_queue_len += one.message_queue_len;
                 sum.max_message_queue_len =
                     std::max(sum.max_message_queue_len, one.max_message_queue_len);
                 sum.reductions += one.reductions;
                 sum.appeared += one.appeared;
                 sum.gone += one.gone;
               });
  return samples;
}

void Aggregator::remember(RecordedNode& node) {
  SnapshotRecord none;
  sum_processes(node, none);
  for (Group& group : groups_) group.sample = {};
  for (auto& known : group_by_text_) known.clear();
}

Aggregates Aggregator::sum_up(RecordedNode& node, SnapshotRecord& record) {
  if (texts_of_ != node.epochs) {
    texts_of_ = node.epochs;
    forget_empty_groups();
  }
  Aggregates aggregates;
  sum_processes(node, record);
  aggregates.groups = take_groups(node);
  aggregates.ets = ets_samples(node);
  aggregates.ports = port_samples(node);
  aggregates.allocators = allocator_samples(node);
  Cell used = 0, allocated = 0;
  for (const AllocatorSample& one : aggregates.allocators) {
    used += one.blocks_size;
    allocated += one.carriers_size;
  }
  set_node(node, "reductions_done", node.reductions_done);
  set_node(node, "processes_appeared", node.appeared);
  set_node(node, "processes_gone", node.gone);
  set_node(node, "allocated_used", used);
  set_node(node, "allocated_total", allocated);
  set_node(node, "dist_queue_max", longest_dist_queue(node));
  aggregates.node = node.node_row;
  return aggregates;
}

}  // namespace beamtape
