#include "recorder/collect/hello.h"

#include <fmt/format.h>

#include <algorithm>

#include "recorder/term/text.h"

namespace beamtape {
namespace {

// [facts] answers [{Key, Value}]; [applications] {Running, Loaded} with the pids of the
// application masters, which are the group leaders of their processes; [items] the names of those
// optional items of process_info that this release knows; [ticktime] a fact that net_kernel keeps,
// by itself so that a net_kernel which does not answer costs no other.
const Question kHello{
    .name = "hello",
    .keys = "[facts, items, applications, ticktime]",
    .answer = R"(case Part of
  [facts] ->
    [{creation, erlang:system_info(creation)},
     {native_per_second, erlang:convert_time_unit(1, second, native)},
     {start_time, erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(),
                                           native, microsecond)},
     {dist_buf_busy_limit, erlang:system_info(dist_buf_busy_limit)}
     | [{Item, try erlang:system_info(Item) catch _:_ -> undefined end} ||
         Item <- [otp_release, version, system_version, system_architecture, wordsize, schedulers,
                  schedulers_online, dirty_cpu_schedulers, dirty_cpu_schedulers_online,
                  dirty_io_schedulers, logical_processors_available, process_limit, port_limit,
                  atom_limit, ets_limit, emu_flavor, emu_type]]];
  [items] ->
    [Item || Item <- [parent, label],
             try is_tuple(erlang:process_info(self(), Item)) catch _:_ -> false end];
  [applications] ->
    Info = application:info(),
    {proplists:get_value(running, Info), application:loaded_applications()};
  [ticktime] ->
    [{net_ticktime, case net_kernel:get_net_ticktime() of {_, Next} -> Next; Now -> Now end}]
end)",
    .chunk = 1,
    .deadline = std::chrono::milliseconds(5000),
};

constexpr std::chrono::milliseconds kHelloSilence{20000};
constexpr std::size_t kFactBytes = 400;
constexpr std::int64_t kLongestTicktime = 86'400;

void read_facts(Cursor cursor, RecordedNode& node) {
  ListReader facts(cursor);
  while (facts.next()) {
    const auto key = cursor.tuple(2) ? cursor.atom() : std::nullopt;
    if (!key) {
      cursor.skip();
      continue;
    }
    const Cursor value = cursor;
    std::string text = term_text(cursor, node.facts.name, kFactBytes);
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    Cursor number_cursor = value;
    const auto number = number_cursor.integer();
    if (*key == "creation") node.facts.creation = number.value_or(0);
    if (*key == "process_limit" && number) node.facts.process_limit = *number;
    if (*key == "wordsize") node.facts.wordsize = number.value_or(8);
    if (*key == "net_ticktime" && number.value_or(0) > 0) {
      node.facts.net_ticktime = std::chrono::seconds(std::min(*number, kLongestTicktime));
    }
    if (*key == "native_per_second" && number.value_or(0) > 0) {
      node.facts.native_per_second = *number;
    }
    node.record.facts.emplace_back(key->utf8(), std::move(text));
  }
}

void read_items(Cursor cursor, RecordedNode& node) {
  ListReader items(cursor);
  while (items.next()) {
    if (const auto item = cursor.atom()) {
      node.optional_items.push_back(item->utf8());
    } else {
      cursor.skip();
    }
  }
}

void read_applications(Cursor cursor, RecordedNode& node) {
  if (!cursor.tuple(2)) return;
  Cells cells = node.cells();
  std::vector<NodeRecord::Application> running;
  ListReader list(cursor);
  while (list.next()) {
    const auto name = cursor.tuple(2) ? cursor.atom() : std::nullopt;
    if (!name) {
      cursor.skip();
      continue;
    }
    // A library application has no master: `undefined`.
    running.push_back({name->utf8(), "", cells.ref(cursor)});
  }
  ListReader loaded(cursor);
  while (loaded.next()) {
    const auto name = cursor.tuple(3) ? cursor.atom() : std::nullopt;
    if (!name) {
      cursor.skip();
      continue;
    }
    cursor.skip();
    const std::string version = term_text(cursor, node.facts.name, kFactBytes);
    for (auto& application : running) {
      if (*name == application.name && version.size() >= 2) {
        application.version = version.substr(1, version.size() - 2);
      }
    }
  }
  node.record.applications = std::move(running);
}

}  // namespace

Expected<std::unique_ptr<RecordedNode>> hello(Asker& asker, const std::string& node_name) {
  if (auto prepared = asker.prepare(kHello); !prepared) return tl::unexpected(prepared.error());
  if (auto asked = asker.ask(kHello); !asked) return tl::unexpected(asked.error());
  auto node = std::make_unique<RecordedNode>(NodeFacts{.name = node_name});
  node->record.name = node_name;
  bool has_facts = false;
  for (;;) {
    auto answer = asker.next(kHelloSilence);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->is_over()) break;
    if (answer->outcome != Answer::Outcome::kOk) continue;
    switch (answer->chunk) {
      case 0:
        read_facts(answer->payload(), *node);
        has_facts = true;
        break;
      case 1:
        read_items(answer->payload(), *node);
        break;
      case 2:
        read_applications(answer->payload(), *node);
        break;
      case 3:
        read_facts(answer->payload(), *node);
        break;
    }
  }
  if (!has_facts || node->facts.creation == 0) {
    return fail(
        Error::Code::kMalformed,
        fmt::format("cannot record {}: it does not answer as an Erlang node does", node_name));
  }
  node->record.creation = node->facts.creation;
  asker.set_clock_rate(node->facts.native_per_second);
  return node;
}

}  // namespace beamtape
