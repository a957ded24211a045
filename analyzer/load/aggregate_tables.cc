#include "analyzer/load/aggregate_tables.h"

#include <algorithm>
#include <string>
#include <utility>

namespace beamtape {

namespace {

template <typename Sample>
struct Member {
  const char* name;
  std::int64_t Sample::*value;
  Unit unit;
  Kind kind;
  const char* sentence;
};

template <typename Sample>
AggregateTable make(const char* subject, const char* sentence,
                    std::vector<Sample> Aggregates::*samples, std::vector<Member<Sample>> members) {
  Table table{0, subject, sentence, {}};
  table.columns.push_back({1, "name", Type::kTerm, Unit::kNone, Kind::kIdentity, "Its name"});
  std::uint16_t id = 2;
  for (const auto& member : members) {
    table.columns.push_back(
        {id++, member.name, Type::kInteger, member.unit, member.kind, member.sentence});
  }
  return {subject, std::move(table),
          [samples](const Aggregates& all) { return (all.*samples).size(); },
          [samples, members](const Aggregates& all, std::size_t row) {
            const Sample& sample = (all.*samples)[row];
            std::vector<Cell> cells{sample.name};
            for (const auto& member : members) cells.push_back(sample.*member.value);
            return cells;
          }};
}

AggregateTable groups() {
  using enum Kind;
  using S = GroupSample;
  AggregateTable made = make<S>(
      "group", "Processes by name, label or initial call", &Aggregates::groups,
      {{"processes", &S::processes, Unit::kCount, kGauge, "Members"},
       {"memory", &S::memory, Unit::kBytes, kGauge, "Sum over members whose memory is known"},
       {"memory_unknown", &S::memory_unknown, Unit::kCount, kGauge,
        "Members whose memory is not known"},
       {"message_queue_len", &S::message_queue_len, Unit::kCount, kGauge, "Sum over members"},
       {"max_message_queue_len", &S::max_message_queue_len, Unit::kCount, kGauge,
        "Longest mailbox"},
       {"reductions", &S::reductions, Unit::kReductions, kCounter,
        "Sum over living members: falls when one ends"},
       {"appeared", &S::appeared, Unit::kCount, kGauge, "First seen in this snapshot"},
       {"gone", &S::gone, Unit::kCount, kGauge, "Of the snapshot before, and no more"}});
  // A sum over nothing known is not zero.
  const std::size_t memory = made.table.index_of("memory");
  made.cells = [all_cells = made.cells, memory](const Aggregates& all, std::size_t row) {
    auto cells = all_cells(all, row);
    const GroupSample& group = all.groups[row];
    if (group.memory_unknown > 0 && group.memory_unknown == group.processes) {
      cells[memory] = missing(Missing::kNotRecorded);
    }
    return cells;
  };
  return made;
}

AggregateTable ets_names() {
  using enum Kind;
  using S = EtsSample;
  return make<S>("ets", "ETS tables by name", &Aggregates::ets,
                 {{"tables", &S::tables, Unit::kCount, kGauge, "Tables of that name"},
                  {"size", &S::size, Unit::kCount, kGauge, "Rows in them"},
                  {"memory", &S::memory, Unit::kBytes, kGauge, "Memory of them"}});
}

AggregateTable port_drivers() {
  using enum Kind;
  using S = PortSample;
  return make<S>("port", "Ports by driver", &Aggregates::ports,
                 {{"ports", &S::ports, Unit::kCount, kGauge,
                   "Ports of that driver, or sockets of module socket"},
                  {"input", &S::input, Unit::kBytes, kCounter, "Read from those that live"},
                  {"output", &S::output, Unit::kBytes, kCounter, "Written to those that live"},
                  {"queue_size", &S::queue_size, Unit::kBytes, kGauge, "Waiting in their queues"},
                  {"memory", &S::memory, Unit::kBytes, kGauge, "Memory of the ports"}});
}

AggregateTable allocators() {
  using enum Kind;
  using S = AllocatorSample;
  return make<S>(
      "allocator", "Allocators, all instances of each together", &Aggregates::allocators,
      {{"blocks_size", &S::blocks_size, Unit::kBytes, kGauge, "Used, pool included"},
       {"carriers_size", &S::carriers_size, Unit::kBytes, kGauge, "Allocated, pool included"}});
}

}  // namespace

const std::vector<AggregateTable>& aggregate_tables() {
  static const std::vector<AggregateTable> tables{groups(), ets_names(), port_drivers(),
                                                  allocators()};
  return tables;
}

const AggregateTable* find_aggregate(std::string_view subject) {
  for (const AggregateTable& table : aggregate_tables()) {
    if (subject == table.subject) return &table;
  }
  return nullptr;
}

bool were_read(const Aggregates& all) {
  const bool any_row =
      std::any_of(aggregate_tables().begin(), aggregate_tables().end(),
                  [&](const AggregateTable& table) { return table.rows(all) > 0; });
  return any_row || std::any_of(all.node.begin(), all.node.end(),
                                [](Cell cell) { return cell != missing(Missing::kBadAnswer); });
}

}  // namespace beamtape
