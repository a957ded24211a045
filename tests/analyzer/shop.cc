#include "tests/analyzer/shop.h"

#include <gtest/gtest.h>

namespace beamtape {

namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMebi = 1024 * kKiB;

void add_supervisor(Story& story, int round) {
  story.process("<0.100.0>")
      .number("reductions", 5000 + (round > 3 ? 200 : 0))
      .number("message_queue_len", 0)
      .text("status", "waiting")
      .number("memory", 12 * kKiB)
      .text("current_function", "gen_server:loop/7")
      .text("registered_name", "Elixir.Shop.Supervisor")
      .text("initial_call", "proc_lib:init_p/5")
      .text("dictionary_initial_call", "supervisor:'Elixir.Shop.Supervisor'/1")
      .flag("trap_exit", true)
      .ref("group_leader", "<0.90.0>")
      .refs("links", {round <= 3 ? "<0.101.0>" : "<0.200.0>", "<0.102.0>", "#Port<0.7>"})
      .refs("monitored_by", {})
      .number("detail_at", round <= 3 ? 1 : 4);
}

void add_cart(Story& story, int round) {
  const bool restarted = round > 3;
  story.process(restarted ? "<0.200.0>" : "<0.101.0>")
      .number("reductions", restarted ? 3000 * (round - 3) : 90'000 + 3000 * round)
      .number("message_queue_len", round % 2)
      .text("status", "waiting")
      .number("memory", (restarted ? 40 : 400) * kKiB + round * 1000)
      .text("current_function", "gen_server:loop/7")
      .stack({{"gen_server:loop/7", 1061},
              {"'Elixir.Shop.Cart':'-init/1-fun-0-'/2", 0},
              {"proc_lib:init_p_do_apply/3", 240}})
      .text("registered_name", "Elixir.Shop.Cart")
      .text("initial_call", "proc_lib:init_p/5")
      .text("dictionary_initial_call", "'Elixir.Shop.Cart':init/1")
      .flag("trap_exit", false)
      .text("priority", "normal")
      .ref("parent", "<0.100.0>")
      .ref("group_leader", "<0.90.0>")
      .refs("ancestors", {"<0.100.0>", "'Elixir.Shop.Supervisor'"})
      .refs("links", {"<0.100.0>"})
      .number("detail_at", round);
}

void add_mailer(Story& story, int round) {
  auto row = story.process("<0.102.0>");
  row.number("reductions", 777)
      .number("message_queue_len", round * 6000)
      .text("status", round > 2 ? "runnable" : "waiting")
      .text("current_function", "gen:do_call/4")
      .text("registered_name", "shop_mailer")
      .text("initial_call", "proc_lib:init_p/5")
      .refs("links", {"<0.100.0>"})
      .refs("monitored_by", {"<0.300.0>", "<0.301.0>"}, 2500)
      .number("detail_at", round);
  if (round < 2) {
    row.number("memory", 2 * kMebi);
  } else {
    row.not_read("memory", Missing::kLongMailbox);
  }
}

void add_worker(Story& story) {
  story.process("<0.103.0>")
      .number("reductions", 12)
      .number("message_queue_len", 0)
      .text("status", "waiting")
      .number("memory", 2680)
      .text("current_function", "'Elixir.Shop.Worker':'wait for é'/0")
      .text("label", "{'Elixir.Shop.Worker',7,<<\"Käse\">>}")
      .text("initial_call", "erlang:apply/2")
      .not_read("links", Missing::kLongList)
      .number("detail_at", 1);
}

void add_others(Story& story, int round) {
  story.row(ets_table(), "shop_cache")
      .text("name", "shop_cache")
      .flag("named_table", true)
      .ref("owner", round <= 3 ? "<0.101.0>" : "<0.200.0>")
      .number("size", 10'000 * round)
      .number("memory", round * 3 * kMebi)
      .text("type", "set")
      .text("protection", "public");
  story.row(port_table(), "#Port<0.7>")
      .text("name", "tcp_inet")
      .ref("connected", "<0.100.0>")
      .number("input", 1500 * round)
      .number("output", 0)
      .number("queue_size", 0)
      .number("memory", 40)
      .text("peername", "{{10,0,0,7},5432}");
  story.row(scheduler_table(), "1")
      .text("type", "normal")
      .number("run_queue_length", round)
      .number("active_tasks", round + 1)
      .not_read("active_time", Missing::kNotRecorded)
      .not_read("total_time", Missing::kNotRecorded);
  story.row(allocator_table(), "eheap_alloc/1")
      .text("allocator", "eheap_alloc")
      .number("instance", 1)
      .number("mbcs_blocks_size", 700 * kKiB)
      .number("mbcs_carriers_size", kMebi)
      .number("mbcs_pool_carriers_size", 0)
      .number("sbcs_blocks_size", 0)
      .number("sbcs_carriers_size", 0);
  story.node_row()
      .number("memory_total", (30 + round) * kMebi)
      .number("memory_ets", round * 3 * kMebi)
      .number("process_count", 4)
      .number("context_switches", 1000 * round)
      .number("uptime", 3600'000'000LL + round * 10'000'000LL);
}

void add_aggregates(Story& story, int round) {
  Aggregates& all = story.aggregates();
  GroupSample cart;
  cart.name = story.text_id("Elixir.Shop.Cart");
  cart.processes = 1;
  cart.memory = 400 * kKiB;
  cart.reductions = 3000 * round;
  cart.appeared = round == 4 ? 1 : 0;
  cart.gone = cart.appeared;
  GroupSample mailer;
  mailer.name = story.text_id("shop_mailer");
  mailer.processes = 1;
  mailer.memory = round < 2 ? 2 * kMebi : 0;
  mailer.memory_unknown = round < 2 ? 0 : 1;
  mailer.message_queue_len = round * 6000;
  mailer.max_message_queue_len = round * 6000;
  mailer.reductions = 777;
  all.groups = {cart, mailer};
  EtsSample cache;
  cache.name = story.text_id("shop_cache");
  cache.tables = 1;
  cache.size = 10'000 * round;
  cache.memory = round * 3 * kMebi;
  all.ets = {cache};
  all.ports = {{story.text_id("tcp_inet"), 1, 1500 * round, 0, 0, 40}};
  all.allocators = {{story.text_id("eheap_alloc"), 700 * kKiB, kMebi}};
}

}  // namespace

Story shop_story() {
  Story story;
  story.node("shop@prod-01", 1700);
  for (int round = 1; round <= 6; ++round) {
    // Nothing came through between the fifth and the sixth.
    if (round == 6) story.gap(41, 61, "node did not answer");
    story.snapshot(round == 6 ? 70 : (round - 1) * 10);
    add_supervisor(story, round);
    add_cart(story, round);
    add_mailer(story, round);
    add_worker(story);
    add_others(story, round);
    add_aggregates(story, round);
    story.record().not_read = round < 2 ? 0 : 1;
    story.record().filling = round == 1;
  }
  story.record().not_answered = "sockets: no answer within 5 s";
  story.note(12, "deploy 4711");
  return story;
}

Recording shop_recording() {
  return Recording(std::make_unique<FakeReader>(shop_story()), "shop.beamtape");
}

RunResult shop(const std::vector<std::string>& arguments) {
  return run_on(shop_story(), arguments);
}

nlohmann::json shop_json(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const auto result = shop(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return nlohmann::json::parse(result.out);
}

}  // namespace beamtape
