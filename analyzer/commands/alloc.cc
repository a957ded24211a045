#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "analyzer/alloc/views.h"
#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace alloc_command {
namespace {

struct Options {
  std::string file;
  std::string at = "last";
  std::string node;
  bool max = false;
  FormatOption format;
};

// Of one node.
struct Answer {
  const SnapshotRecord* snapshot = nullptr;
  AllocatorViews current;
  AllocatorViews max;
  std::vector<CacheHitRate> cache_hit_rates;
};

Json usage_json(const Usage& usage) {
  return {{"used", usage.used},
          {"allocated", usage.allocated},
          {"unused", usage.unused()},
          {"usage", usage.ratio}};
}

Json fragmentation_json(const Fragmentation& one) {
  const AllocatorInstance& numbers = one.numbers;
  return {{"allocator", numbers.allocator},
          {"instance", numbers.instance},
          {"held_bytes", one.held_bytes},
          {"sbcs_usage", one.sbcs_usage},
          {"mbcs_usage", one.mbcs_usage},
          {"sbcs_block_size", numbers.sbcs.blocks_size},
          {"sbcs_carriers_size", numbers.sbcs.carriers_size},
          {"mbcs_block_size", numbers.mbcs.blocks_size},
          {"mbcs_carriers_size", numbers.mbcs.carriers_size}};
}

Json ratio_json(double ratio) { return std::isinf(ratio) ? Json("infinity") : Json(ratio); }

Json views_json(const AllocatorViews& views) {
  Json fragmentation = Json::array();
  for (const Fragmentation& one : views.fragmentation) {
    fragmentation.push_back(fragmentation_json(one));
  }
  Json ratios = Json::array();
  for (const BlockRatio& one : views.sbcs_to_mbcs) {
    ratios.push_back({{"allocator", one.allocator},
                      {"instance", one.instance},
                      {"ratio", ratio_json(one.ratio)}});
  }
  Json sizes = Json::array();
  for (const AverageBlockSize& one : views.average_block_sizes) {
    sizes.push_back({{"allocator", one.allocator}, {"mbcs", one.mbcs}, {"sbcs", one.sbcs}});
  }
  return {{"usage", usage_json(views.usage)},
          {"fragmentation", fragmentation},
          {"sbcs_to_mbcs", ratios},
          {"average_block_sizes", sizes},
          {"left_out", views.left_out}};
}

void write_json(const Recording& recording, const std::vector<Answer>& answers,
                const std::vector<std::string>& damage, Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "alloc");
  document.begin_array("nodes");
  for (const Answer& answer : answers) {
    Json rates = Json::array();
    for (const CacheHitRate& one : answer.cache_hit_rates) {
      rates.push_back({{"instance", one.instance},
                       {"hit_rate", one.rate},
                       {"hits", one.hits},
                       {"calls", one.calls}});
    }
    document.element({{"node", recording.node_name(*answer.snapshot)},
                      {"snapshot", answer.snapshot->id},
                      {"time", iso_time(answer.snapshot->began_wall_us)},
                      {"current", views_json(answer.current)},
                      {"max", views_json(answer.max)},
                      {"cache_hit_rates", rates}});
  }
  document.end_array();
  document.member("damage", damage);
  document.end();
}

// A number a line, so that the views fit one table: node, moment, view, allocator, instance,
// metric, value.
class CsvLines {
 public:
  CsvLines(Output& out, std::string node) : out_(out), node_(std::move(node)) {}

  template <typename Number>
  void add(const char* moment, const char* view, const std::string& allocator,
           const std::string& instance, const char* metric, Number value) {
    out_.write(fmt::format("{},{},{},{},{},{},{}\n", csv_quoted(node_), moment, view, allocator,
                           instance, metric, value));
  }

  void add_views(const char* moment, const AllocatorViews& views) {
    add(moment, "usage", "", "", "used", views.usage.used);
    add(moment, "usage", "", "", "allocated", views.usage.allocated);
    add(moment, "usage", "", "", "unused", views.usage.unused());
    add(moment, "usage", "", "", "usage", views.usage.ratio);
    for (const Fragmentation& one : views.fragmentation) {
      const auto instance = std::to_string(one.numbers.instance);
      const Json members = fragmentation_json(one);
      for (const auto& [metric, value] : members.items()) {
        if (metric == "allocator" || metric == "instance") continue;
        add(moment, "fragmentation", one.numbers.allocator, instance, metric.c_str(), value.dump());
      }
    }
    for (const BlockRatio& one : views.sbcs_to_mbcs) {
      add(moment, "sbcs_to_mbcs", one.allocator, std::to_string(one.instance), "ratio",
          std::isinf(one.ratio) ? "infinity" : fmt::format("{}", one.ratio));
    }
    for (const AverageBlockSize& one : views.average_block_sizes) {
      add(moment, "average_block_sizes", one.allocator, "", "mbcs", one.mbcs);
      add(moment, "average_block_sizes", one.allocator, "", "sbcs", one.sbcs);
    }
  }

 private:
  Output& out_;
  std::string node_;
};

void write_csv(const Recording& recording, const std::vector<Answer>& answers, Output& out) {
  out.write("node,moment,view,allocator,instance,metric,value\n");
  for (const Answer& answer : answers) {
    CsvLines lines(out, recording.node_name(*answer.snapshot));
    lines.add_views("current", answer.current);
    lines.add_views("max", answer.max);
    for (const CacheHitRate& one : answer.cache_hit_rates) {
      const auto instance = std::to_string(one.instance);
      lines.add("current", "cache_hit_rates", "mseg_alloc", instance, "hit_rate", one.rate);
      lines.add("current", "cache_hit_rates", "mseg_alloc", instance, "hits", one.hits);
      lines.add("current", "cache_hit_rates", "mseg_alloc", instance, "calls", one.calls);
    }
  }
}

std::string percent(double ratio) { return fmt::format("{:.1f} %", 100 * ratio); }
// "-" where there are no carriers.
std::string use_text(double ratio, std::int64_t carriers_size) {
  return carriers_size == 0 ? "-" : percent(ratio);
}
std::string carriers_text(const CarrierNumbers& numbers) {
  return numbers.carriers_size == 0 ? "-" : size_text(numbers.carriers_size);
}
std::string whole_size(double bytes) { return size_text(static_cast<std::int64_t>(bytes + 0.5)); }

void write_usage(const Answer& answer, Output& out) {
  TextTable table({{"usage"}, {"now", true}, {"most ever", true}});
  const Usage& now = answer.current.usage;
  const Usage& most = answer.max.usage;
  table.add({"used by data", size_text(now.used), size_text(most.used)});
  table.add({"allocated", size_text(now.allocated), size_text(most.allocated)});
  // The two maxima are of different times: their difference would mean nothing.
  table.add({"unused", size_text(now.unused()), "-"});
  table.add({"used of allocated", percent(now.ratio), "-"});
  out.write("\n" + table.text(kTerminalWidth, ""));
}

void write_fragmentation(const AllocatorViews& views, Output& out) {
  TextTable table({{"fragmentation"},
                   {"held without data", true},
                   {"mbcs used", true},
                   {"of", true},
                   {"sbcs used", true},
                   {"of", true}});
  for (const Fragmentation& one : views.fragmentation) {
    if (one.numbers.mbcs.carriers_size == 0 && one.numbers.sbcs.carriers_size == 0) continue;
    table.add({fmt::format("{}/{}", one.numbers.allocator, one.numbers.instance),
               whole_size(one.held_bytes), use_text(one.mbcs_usage, one.numbers.mbcs.carriers_size),
               carriers_text(one.numbers.mbcs),
               use_text(one.sbcs_usage, one.numbers.sbcs.carriers_size),
               carriers_text(one.numbers.sbcs)});
  }
  out.write("\n" + table.text(kTerminalWidth, ""));
}

void write_blocks(const AllocatorViews& views, Output& out) {
  TextTable sizes({{"average_block_sizes"}, {"in mbcs", true}, {"in sbcs", true}});
  for (const AverageBlockSize& one : views.average_block_sizes) {
    const auto text = [](double bytes) { return bytes > 0 ? whole_size(bytes) : "-"; };
    sizes.add({one.allocator, text(one.mbcs), text(one.sbcs)});
  }
  out.write("\n" + sizes.text(kTerminalWidth, ""));
  TextTable ratios({{"sbcs_to_mbcs"}, {"blocks", true}});
  std::size_t none = 0;
  for (const BlockRatio& one : views.sbcs_to_mbcs) {
    if (one.ratio == 0) {
      ++none;
      continue;
    }
    ratios.add({fmt::format("{}/{}", one.allocator, one.instance),
                std::isinf(one.ratio) ? "infinite" : fmt::format("{:.4f}", one.ratio)});
  }
  if (none > 0) ratios.add_line(fmt::format("{} without a single-block carrier", none));
  out.write("\n" + ratios.text(kTerminalWidth, ""));
}

void write_cache(const Answer& answer, Output& out) {
  TextTable table({{"cache_hit_rates"}, {"rate", true}, {"hits", true}, {"calls", true}});
  for (const CacheHitRate& one : answer.cache_hit_rates) {
    table.add({fmt::format("mseg_alloc/{}", one.instance), percent(one.rate), grouped(one.hits),
               grouped(one.calls)});
  }
  if (!table.empty()) out.write("\n" + table.text(kTerminalWidth, ""));
}

void write_table(const Recording& recording, const Options& options,
                 const std::vector<Answer>& answers, Output& out) {
  for (const Answer& answer : answers) {
    const SnapshotRecord& snapshot = *answer.snapshot;
    out.write(
        fmt::format("{}  {} {} UTC  snapshot #{} of {}\n", printable(recording.node_name(snapshot)),
                    date_text(snapshot.began_wall_us), clock_text(snapshot.began_wall_us, false),
                    snapshot.id, recording.reader().snapshots().back().id));
    const AllocatorViews& views = options.max ? answer.max : answer.current;
    if (views.fragmentation.empty()) {
      out.write("no allocator was read in this snapshot\n");
      continue;
    }
    if (!views.left_out.empty()) {
      out.write(fmt::format("not counted, because they were not read: {}\n",
                            printable(joined(views.left_out, ", "))));
    }
    write_usage(answer, out);
    if (options.max) out.write("\nBelow: the most ever, each number at its own time\n");
    write_fragmentation(views, out);
    write_blocks(views, out);
    write_cache(answer, out);
  }
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  const auto table = recording->subject("allocator");
  if (!table) return tl::unexpected(table.error());
  const auto snapshots = recording->at(options.at, options.node);
  if (!snapshots) return tl::unexpected(snapshots.error());
  std::vector<Answer> answers;
  std::vector<Damage> damage;
  for (const SnapshotRecord* snapshot : *snapshots) {
    const auto frame = recording->frame(**table, *snapshot);
    if (!frame) return tl::unexpected(frame.error());
    answers.push_back({snapshot, allocator_views(*frame, Moment::kCurrent),
                       allocator_views(*frame, Moment::kMax), cache_hit_rates(*frame)});
    damage.insert(damage.end(), frame->damage.begin(), frame->damage.end());
  }
  switch (options.format.format()) {
    case Format::kJson:
      write_json(*recording, answers, damage_texts(*recording, damage), context.out);
      break;
    case Format::kCsv:
      write_csv(*recording, answers, context.out);
      break;
    case Format::kTable:
      write_table(*recording, options, answers, context.out);
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  add_at(app, options->at);
  app.add_flag("--max", options->max,
               "In the table, the most ever instead of now; JSON and CSV have both");
  add_node(app, options->node);
  add_format(app, options->format, true);
  app.footer(
      "mbcs are carriers (pieces of memory) of many blocks, sbcs of one large block each.\n"
      "Example: alloc FILE --at -90s");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace alloc_command

const Command kAllocCommand{"alloc", "How full the node's memory allocators are",
                            alloc_command::declare};

}  // namespace beamtape
