// Run queues, and the schedulers' working time where the node measures it. Dirty schedulers share
// one run queue of each kind; their times are summed. Nothing is switched on.

#include "recorder/collect/all_collectors.h"
#include "recorder/collect/listed_table.h"

namespace beamtape {
namespace {

const Question kSchedulers{
    .name = "schedulers",
    .keys = "[schedulers]",
    .answer =
        "{erlang:system_info(schedulers), erlang:system_info(dirty_cpu_schedulers),"
        " erlang:statistics(run_queue_lengths_all), erlang:statistics(active_tasks_all),"
        " erlang:statistics(scheduler_wall_time_all)}",
};

class Schedulers : public ListedTable {
 public:
  Schedulers()
      : ListedTable(scheduler_table(), kSchedulers),
        type_(scheduler_table().index_of("type")),
        run_queue_(scheduler_table().index_of("run_queue_length")),
        tasks_(scheduler_table().index_of("active_tasks")),
        active_time_(scheduler_table().index_of("active_time")),
        total_time_(scheduler_table().index_of("total_time")) {}

 private:
  struct Times {
    Cell active = missing(Missing::kNotRecorded);
    Cell total = missing(Missing::kNotRecorded);
  };

  std::size_t read_chunk(Cursor& cursor, RecordedNode& node) override {
    if (!cursor.tuple(5)) return 0;
    const Cell normal = cursor.integer().value_or(0);
    const Cell dirty_cpu = cursor.integer().value_or(0);
    const std::vector<Cell> queues = integers(cursor);
    const std::vector<Cell> tasks = integers(cursor);
    if (normal < 1 || queues.size() < static_cast<std::size_t>(normal)) return 0;
    std::vector<Times> times(queues.size());
    read_times(cursor, normal, dirty_cpu, times);
    Cells cells = node.cells();
    for (std::size_t at = 0; at < queues.size(); ++at) {
      const Cell id = static_cast<Cell>(at) + 1;
      const char* type = id <= normal ? "normal" : id == normal + 1 ? "dirty_cpu" : "dirty_io";
      row_[type_] = cells.text(type);
      row_[run_queue_] = queues[at];
      row_[tasks_] = at < tasks.size() ? tasks[at] : missing(Missing::kNotRecorded);
      row_[active_time_] = times[at].active;
      row_[total_time_] = times[at].total;
      store(id, node);
    }
    return queues.size();
  }

  static std::vector<Cell> integers(Cursor& cursor) {
    std::vector<Cell> values;
    ListReader list(cursor);
    if (!list.is_list()) cursor.skip();
    while (list.next()) {
      if (const auto value = cursor.integer()) {
        values.push_back(*value);
      } else {
        cursor.skip();
      }
    }
    return values;
  }

  // [{Id, Active, Total}] of normal, then dirty CPU, then dirty I/O schedulers, or undefined.
  static void read_times(Cursor& cursor, Cell normal, Cell dirty_cpu, std::vector<Times>& times) {
    ListReader list(cursor);
    if (!list.is_list()) cursor.skip();
    while (list.next()) {
      if (!cursor.tuple(3)) {
        cursor.skip();
        continue;
      }
      const Cell id = cursor.integer().value_or(0);
      const Cell active = cursor.integer().value_or(0);
      const Cell total = cursor.integer().value_or(0);
      const Cell row = id <= normal ? id - 1 : id <= normal + dirty_cpu ? normal : normal + 1;
      if (id < 1 || row >= static_cast<Cell>(times.size())) continue;
      Times& sum = times[static_cast<std::size_t>(row)];
      sum.active = is_missing(sum.active) ? active : sum.active + active;
      sum.total = is_missing(sum.total) ? total : sum.total + total;
    }
  }

  const std::size_t type_, run_queue_, tasks_, active_time_, total_time_;
};

}  // namespace

std::unique_ptr<Collector> schedulers() { return std::make_unique<Schedulers>(); }

}  // namespace beamtape
