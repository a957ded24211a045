// The node's own counters. In groups with a deadline each, because some of them wait for every
// scheduler (erlang:memory/0, for one) while others always answer. Counters "since the previous
// call" are never read: that would spoil them for others. Node-wide reductions are summed from
// the processes instead.

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/row_reader.h"

namespace beamtape {
namespace {

const Question kNode{
    .name = "node",
    .keys = "[counts, queues, statistics, memory, persistent_term, clock]",
    .answer = R"(case Part of
  [counts] ->
    [{Item, erlang:system_info(Item)} ||
      Item <- [process_count, process_limit, port_count, port_limit, atom_count, atom_limit,
               ets_count, ets_limit, schedulers_online, dist_buf_busy_limit]] ++
    [{connections, length(erlang:system_info(dist_ctrl))}];
  [queues] ->
    [{run_queue, erlang:statistics(run_queue)},
     {run_queue_all, erlang:statistics(total_run_queue_lengths_all)},
     {active_tasks_all, erlang:statistics(total_active_tasks_all)}];
  [statistics] ->
    {Switches, _} = erlang:statistics(context_switches),
    {Collections, Words, _} = erlang:statistics(garbage_collection),
    {{input, Input}, {output, Output}} = erlang:statistics(io),
    [{context_switches, Switches}, {garbage_collections, Collections},
     {words_reclaimed, Words}, {io_input, Input}, {io_output, Output}];
  [memory] ->
    [{memory, erlang:memory()}];
  [persistent_term] ->
    [{persistent_term, persistent_term:info()}];
  [clock] ->
    Now = erlang:monotonic_time(),
    [{uptime, erlang:convert_time_unit(Now - erlang:system_info(start_time), native, microsecond)},
     {time_offset, erlang:time_offset(microsecond)},
     {clock_skew, erlang:system_time(microsecond)}]
end)",
    .chunk = 1,
};

class NodeCounters : public Collector {
 public:
  NodeCounters()
      : reader_(node_table(), [](const Column& column) { return column.ask == Ask::kEvery; }),
        clock_skew_(node_table().index_of("clock_skew")) {}

  std::vector<std::pair<const Question*, Bytes>> questions(const RecordedNode&) const override {
    return {{&kNode, {}}};
  }

  void begin(RecordedNode& node, Inquiry& inquiry) override {
    for (const std::size_t at : reader_.columns()) {
      node.node_row[at] = missing(Missing::kDeadline);
    }
    inquiry.ask(kNode);
  }

  std::size_t answer(const Answer& answer, RecordedNode& node) override {
    if (answer.outcome != Answer::Outcome::kOk) return 0;
    Cursor cursor = answer.payload();
    Cells cells = node.cells();
    std::vector<Cell> row(node_table().columns.size());
    if (!reader_.read(cursor, cells, row)) return 0;
    if (!is_missing(row[clock_skew_])) row[clock_skew_] -= answer.arrived_wall_us;
    std::size_t count = 0;
    for (const std::size_t at : reader_.columns()) {
      if (row[at] == missing(Missing::kNotRecorded)) continue;  // of another group
      node.node_row[at] = row[at];
      ++count;
    }
    return count;
  }

  void over(const Question&, Missing reason, RecordedNode& node) override {
    if (reason == Missing::kNone) return;
    for (const std::size_t at : reader_.columns()) {
      if (node.node_row[at] == missing(Missing::kDeadline)) node.node_row[at] = missing(reason);
    }
  }

 private:
  RowReader reader_;
  const std::size_t clock_skew_;
};

}  // namespace

std::unique_ptr<Collector> node_counters() { return std::make_unique<NodeCounters>(); }

}  // namespace beamtape
