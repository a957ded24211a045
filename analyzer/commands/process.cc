#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/commands/process_text.h"
#include "analyzer/commands/rows.h"
#include "analyzer/load/process_life.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace process_command {
namespace {

struct Options {
  std::string file;
  std::string subject;
  std::string at;
  std::string from = "first";
  std::string to = "last";
  std::string node;
  FormatOption format;
};

ShownList all_of(const std::vector<Shown>& columns) {
  ShownList list;
  for (const Shown& column : columns) list.push_back(&column);
  return list;
}

Json relations_json(const ProcessLife& life) {
  Json relations = Json::object();
  for (const Relation& relation : life.relations) {
    Json to = Json::array();
    for (const Related& one : relation.to) {
      to.push_back({{"ref", one.ref}, {"name", one.name.empty() ? Json(nullptr) : Json(one.name)}});
    }
    relations[relation.column] = {{"count", relation.count}, {"to", to}};
  }
  return relations;
}

Json owned_json(const std::vector<Owned>& owned) {
  Json all = Json::array();
  for (const Owned& one : owned) {
    all.push_back({{"id", one.id},
                   {"name", one.name},
                   {"size", to_json(one.size)},
                   {"memory", to_json(one.memory)}});
  }
  return all;
}

Json stacks_json(const ProcessLife& life) {
  Json stacks = Json::array();
  for (const StackSpan& span : life.stacks) {
    stacks.push_back({{"from_snapshot", span.first->id},
                      {"to_snapshot", span.last->id},
                      {"from", iso_time(span.first->began_wall_us)},
                      {"to", iso_time(span.last->began_wall_us)},
                      {"frames", span.frames}});
  }
  return stacks;
}

Json life_json(const Recording& recording, const ProcessLives& all, const ProcessLife& life) {
  const ShownList columns = all_of(all.columns);
  const SnapshotRecord& first = *life.rows.front().snapshot;
  const SnapshotRecord& last = *life.rows.back().snapshot;
  Json identity = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]->kind != Kind::kIdentity && columns[i]->name != "name") continue;
    identity[columns[i]->name] = to_json(life.rows.back().values[i]);
  }
  Json history = Json::array();
  for (const ProcessLife::Row& row : life.rows) {
    Json object{{"snapshot", row.snapshot->id}, {"time", iso_time(row.snapshot->began_wall_us)}};
    add_row(object, row.values, columns);
    history.push_back(std::move(object));
  }
  return {{"pid", life.pid},
          {"node", recording.node_name(first)},
          {"first_snapshot", first.id},
          {"last_snapshot", last.id},
          {"from", iso_time(first.began_wall_us)},
          {"to", iso_time(last.began_wall_us)},
          {"lives_at_end", life.end_unknown ? Json() : Json(life.lives_at_end)},
          {"identity", identity},
          {"relations", relations_json(life)},
          {"ets", owned_json(life.ets)},
          {"ports", owned_json(life.ports)},
          {"stacks", stacks_json(life)},
          {"history", history}};
}

void write_json(const Recording& recording, const std::string& subject, const ProcessLives& all,
                Output& out) {
  JsonDocument document(out);
  document.member("schema", 1);
  document.member("command", "process");
  document.member("subject", subject);
  document.member("columns", columns_json(all_of(all.columns)));
  document.begin_array("lives");
  for (const ProcessLife& life : all.lives) {
    if (!document.element(life_json(recording, all, life))) return;
  }
  document.end_array();
  document.member("damage", damage_texts(recording, all.damage));
  document.end();
}

void write_csv(const ProcessLives& all, Output& out) {
  const ShownList columns = all_of(all.columns);
  out.write(csv_header({"snapshot", "time"}, columns));
  for (const ProcessLife& life : all.lives) {
    for (const ProcessLife::Row& row : life.rows) {
      const std::vector<std::string> before{fmt::format("{}", row.snapshot->id),
                                            iso_time(row.snapshot->began_wall_us)};
      if (!out.write(csv_row(before, row.values, columns))) return;
    }
  }
}

Expected<int> run(const Options& options, Context& context) {
  const auto recording = open_recording(context, options.file);
  if (!recording) return tl::unexpected(recording.error());
  if (!options.node.empty()) {
    if (const auto known = recording->at("last", options.node); !known)
      return tl::unexpected(known.error());
  }
  const SnapshotRecord* at = nullptr;
  if (!options.at.empty()) {
    const auto chosen = recording->at(options.at, options.node);
    if (!chosen) return tl::unexpected(chosen.error());
    if (chosen->size() > 1) {
      return fail(Error::Code::kUsage,
                  "cannot choose a life by --at: the file has several nodes; "
                  "name one by --node");
    }
    at = chosen->front();
  }
  const auto range = recording->range(options.from, options.to);
  if (!range) return tl::unexpected(range.error());
  const auto lives = read_process(*recording, options.subject, options.node, at, *range);
  if (!lives) return tl::unexpected(lives.error());
  switch (options.format.format()) {
    case Format::kJson:
      write_json(*recording, options.subject, *lives, context.out);
      break;
    case Format::kCsv:
      write_csv(*lives, context.out);
      break;
    case Format::kTable:
      context.out.write(process_text(*recording, options.subject, *lives));
  }
  return warn_of_damage(context, options.file, damage_texts(*recording, lives->damage));
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  add_file(app, options->file);
  app.add_option("SUBJECT", options->subject,
                 "Pid (<0.123.0> or 0.123.0), registered name or label")
      ->required()
      ->type_name("");
  app.add_option("--at", options->at,
                 "Only the life at this instant (as for show); reads less of a large recording")
      ->type_name("T");
  add_range(app, options->from, options->to);
  add_node(app, options->node);
  add_format(app, options->format, true);
  app.footer("Example: process FILE Shop.Cart");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace process_command

const Command kProcessCommand{"process", "Life of one process: identity, history, relations",
                              process_command::declare};

}  // namespace beamtape
