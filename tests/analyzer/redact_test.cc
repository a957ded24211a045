// A redacted recording holds none of the names and tells the same.

#include "analyzer/copy/redact.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "schema/model/group.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"
#include "tests/analyzer/write_story.h"

namespace beamtape {
namespace {

using nlohmann::json;
const std::string kSamples = BEAMTAPE_SOURCE_DIR "/samples/recordings/";

TEST(Redactor, FoldingAndRenamingCommute) {
  Redactor redactor;
  for (const std::string text :
       {"conn_17", "database_1", "{user,4711,\"Jo Käse\"}", "file_server_2", "<0.12.0> of cart9",
        "'Elixir.Shop.Cart7'", "web:handle/12", "gen_server:loop/7", "eheap_alloc/2", "a1b22c", "",
        "10.0.0.7:5432", "#Ref<0.1.2.3>", "'it''s 5'", "shop@prod-01"}) {
    EXPECT_EQ(fold_name(redactor.text(text)), redactor.text(fold_name(text))) << text;
  }
}

TEST(Redactor, KeepsWhatIsOtpsAndRenamesWhatIsNot) {
  Redactor redactor;
  for (const std::string kept :
       {"gen_server:loop/7", "waiting", "kernel_sup", "tcp_inet", "eheap_alloc/12",
        "gen_server.erl", "'Elixir.GenServer':loop/7", "<0.5.0>", "rex", "gen:do_call/4"}) {
    EXPECT_EQ(redactor.text(kept), kept);
  }
  EXPECT_EQ(redactor.text("cart:init/1"), "xbaba:init/1");
  EXPECT_EQ(redactor.text("supervisor:cart/1"), "supervisor:xbaba/1");
  EXPECT_EQ(redactor.text("cart:add_item/3"), "xbaba:xbabe_xbabi/3");
  EXPECT_EQ(redactor.text("'Elixir.Shop.Cart':init/1"), "'Elixir.Xbabo.Xbabu':init/1");
  EXPECT_EQ(redactor.text("cart_17"), "xbaba_1");
  EXPECT_NE(redactor.text("cart_18"), "xbaba_1");
}

class RedactTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = ::testing::TempDir() + "beamtape_redact_" + std::to_string(getpid()) + ".beamtape";
    std::filesystem::remove(out_);
  }
  void TearDown() override { std::filesystem::remove(out_); }
  void redact(const std::string& file) {
    std::filesystem::remove(out_);
    const auto run = run_on_files({"redact", file, "-o", out_});
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_EQ(run_on_files({"check", out_}).code, 0);
  }
  // The file's bytes with its free pages, and everything that is packed in it, in words.
  std::string everything() const {
    std::ostringstream all;
    all << std::ifstream(out_, std::ios::binary).rdbuf();
    std::string text = all.str();
    text += run_on_files({"info", out_, "--json"}).out;
    for (const char* table : {"processes", "ets", "ports", "sockets", "allocators", "schedulers",
                              "connections", "questions", "groups", "node"}) {
      for (const char* at : {"first", "last"}) {
        text += run_on_files({"show", table, out_, "--at", at, "--json"}).out;
      }
    }
    return text + run_on_files({"tree", out_, "--json", "--expand"}).out;
  }

  std::string out_;
};

TEST_F(RedactTest, HoldsNoneOfTheNames) {
  redact(kSamples + "corpus/web_1.beamtape");
  const std::string web = everything();
  for (const char* name :
       {"session_cache", "web_handler", "http_listener", "browsers", "kiosk", "web_sup", "web_1",
        "web.erl", "workloads", "127.0.0.1", "database_", "web:handle", "metrics"}) {
    EXPECT_EQ(web.find(name), std::string::npos) << name;
  }
  EXPECT_NE(web.find("gen_server:loop/7"), std::string::npos);
  EXPECT_NE(web.find("kernel_sup"), std::string::npos);
  const std::string story = out_ + ".story";
  ASSERT_TRUE(write_story(shop_story(), story));
  redact(story);
  const std::string shop = everything();
  for (const char* name : {"Shop", "shop", "Cart", "cart", "mailer", "Käse", "10,0,0,7", "5432",
                           "prod", "deploy", "4711", "did not answer"}) {
    EXPECT_EQ(shop.find(name), std::string::npos) << name;
  }
  std::filesystem::remove(story);
}

// Rule, severity, score and time of every finding.
std::multiset<std::string> findings_of(const std::string& file) {
  std::multiset<std::string> all;
  const auto told = json::parse(run_on_files({"findings", file, "--json"}).out);
  for (const auto& one : told.at("findings")) {
    json numbers = one;
    for (const char* words : {"subject", "title", "evidence", "caveat", "advice", "node", "also"}) {
      numbers.erase(words);
    }
    all.insert(numbers.dump());
  }
  return all;
}

TEST_F(RedactTest, HasTheSameFindings) {
  for (const auto& entry : std::filesystem::directory_iterator(kSamples + "corpus")) {
    redact(entry.path());
    EXPECT_EQ(findings_of(out_), findings_of(entry.path())) << entry.path();
  }
}

TEST_F(RedactTest, IsTheSameTwice) {
  const auto told = [&] {
    redact(kSamples + "demo-format-1.beamtape");
    return run_on_files({"show", "processes", out_, "--json"}).out;
  };
  EXPECT_EQ(told(), told());
}

TEST_F(RedactTest, SaysThatItsNamesAreOfItsOwn) {
  redact(kSamples + "demo-format-1.beamtape");
  EXPECT_EQ(json::parse(run_on_files({"info", out_, "--json"}).out).at("redacted"), true);
  EXPECT_NE(run_on_files({"info", out_}).out.find("redacted   its names"), std::string::npos);
  const std::string part = out_ + ".part";
  EXPECT_EQ(run_on_files({"cut", out_, "--from", "#3", "-o", part}).code, 0);
  EXPECT_EQ(json::parse(run_on_files({"info", part, "--json"}).out).at("redacted"), true);
  std::filesystem::remove(part);
  const auto demo = run_on_files({"info", kSamples + "demo-format-1.beamtape", "--json"}).out;
  EXPECT_EQ(json::parse(demo).at("redacted"), false);
}

TEST_F(RedactTest, IsTheSameRunAsItsOriginal) {
  const std::string demo = kSamples + "demo-format-1.beamtape";
  redact(demo);
  const auto both = run_on_files({"compare", demo, "--against", out_});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.err, "beamtape-analyzer: cannot compare: " + demo + " and " + out_ +
                          " are the same recording, on both sides, and a recording does not differ "
                          "from itself; give another candidate\n");
}

TEST_F(RedactTest, IsComparedWithoutNames) {
  const std::string demo = kSamples + "demo-format-1.beamtape";
  const std::string web = kSamples + "corpus/web_1.beamtape";
  redact(web);
  const auto told = json::parse(run_on_files({"compare", demo, "--against", out_, "--json"}).out);
  EXPECT_EQ(told.at("warnings").at(0),
            out_ +
                " is a redacted copy: names are not comparable; compared is the node, and "
                "findings by rule");
  EXPECT_EQ(told.at("appeared"), json::array());
  EXPECT_EQ(told.at("vanished"), json::array());
  EXPECT_EQ(told.at("gone_findings"), json::array({"deadlock", "mailbox-buildup"}));
  EXPECT_GT(told.at("rows").size(), 20u);
  for (const auto& row : told.at("rows")) EXPECT_EQ(row.at("subject"), "node");
  const auto named = json::parse(run_on_files({"compare", demo, "--against", web, "--json"}).out);
  EXPECT_GT(named.at("rows").size(), told.at("rows").size());
  EXPECT_NE(run_on_files({"diff", demo, out_}).err.find(out_ + " is a redacted copy: its names"),
            std::string::npos);
  EXPECT_EQ(run_on_files({"diff", out_, out_}).err, "");
  EXPECT_EQ(run_on_files({"diff", demo, web}).err, "");
}

TEST_F(RedactTest, OverwritesNothing) {
  redact(kSamples + "demo-format-1.beamtape");
  const auto again = run_on_files({"redact", kSamples + "demo-format-1.beamtape", "-o", out_});
  EXPECT_EQ(again.code, 2) << again.err;
  EXPECT_EQ(run_on_files({"redact", "/nowhere.beamtape", "-o", out_ + "2"}).code, 3);
  EXPECT_EQ(run_on_files({"redact", kSamples + "demo-format-1.beamtape"}).code, 2);
}

}  // namespace
}  // namespace beamtape
