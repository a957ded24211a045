#include "analyzer/commands/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <new>

#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;

RunResult run(const std::vector<std::string>& arguments) { return run_on(shop_story(), arguments); }

// A wrong use: exit code 2, nothing on stdout, one line on stderr that says `part`.
void expect_refused(const std::vector<std::string>& arguments, const std::string& part) {
  const auto result = run(arguments);
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.err.rfind("beamtape-analyzer: cannot ", 0), 0u) << result.err;
  EXPECT_THAT(result.err, HasSubstr(part));
}

TEST(Program, WrongUsageIsOneLineAndExitCode2) {
  expect_refused({}, "without a command");
  expect_refused({"shw", "f"}, "nearest: show");
  expect_refused({"--nothing"}, "'--nothing': no such option");
  expect_refused({"show"}, "TABLE is required");
  expect_refused({"show", "processes"}, "FILE is required");
  expect_refused({"show", "prcesses", "f"}, "nearest: processes");
  expect_refused({"show", "processes", "f", "more"}, "more");
  expect_refused({"show", "processes", "f", "--format", "xml"}, "xml not in {table,json,csv}");
  expect_refused({"info", "f", "--format", "csv"}, "csv not in");
  expect_refused({"show", "processes", "f", "--limit", "-1"}, "--limit");
  expect_refused({"show", "processes", "f", "--limit", "many"}, "--limit");
  expect_refused({"show", "processes", "f", "--columns", "pid,nme"}, "nearest: name");
  expect_refused({"show", "processes", "f", "--at", "noon"}, "cannot understand the time 'noon'");
  expect_refused({"show", "processes", "f", "--at", "#99"}, "outside the recording");
  expect_refused({"show", "processes", "f", "--node", "x@y"}, "there are: shop@prod-01");
  expect_refused({"show", "processes", "f", "--filter", "("}, "cannot understand the filter");
  expect_refused({"waits", "f", "--limit", "-1"}, "--limit");
  expect_refused({"diff", "f", "--limit", "-1"}, "--limit");
  expect_refused({"process", "f", "Shop.Cart", "--node", "x@y"}, "there are: shop@prod-01");
  expect_refused({"findings", "f", "--node", "x@y"}, "there are: shop@prod-01");
}

TEST(Program, TimesBeforeTheEndAreNoOptions) {
  EXPECT_EQ(run({"show", "processes", "f", "--at", "-30s"}).code, 0);
  EXPECT_EQ(run({"show", "processes", "f", "--at=-30s"}).code, 0);
}

TEST(Program, ANameOfNothingIsNoFile) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"info", ""}, {"diff", "f", ""}, {"compare", "", "--against", "f"}}) {
    const auto result = run(words);
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.err, "beamtape-analyzer: cannot open '': a recording has a name\n");
  }
}

TEST(Program, TooLittleMemoryIsALineAndExitCode4) {
  const auto result = run_with(
      [](const std::string&) -> Expected<std::unique_ptr<Reader>> { throw std::bad_alloc(); },
      {"info", "f"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.err,
              HasSubstr("beamtape-analyzer: cannot finish the answer: not enough memory"));
}

TEST(Program, ASnapshotOfAnotherNodeIsSaidToBeOfThat) {
  Story story;
  story.node("a@h");
  story.node("b@h");
  story.snapshot(0, 1);
  story.snapshot(1, 2);
  const auto result = run_on(story, {"show", "processes", "f", "--node", "a@h", "--at", "#2"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot go to #2 of a@h: that snapshot is of b@h"));
}

TEST(Program, AFileThatCannotBeOpenedIsExitCode3) {
  const Opener open = [](const std::string& path) -> Expected<std::unique_ptr<Reader>> {
    return fail(Error::Code::kMalformed, "cannot open " + path + ": not a recording");
  };
  for (const Command& command : all_commands()) {
    const std::string name = command.name;
    std::vector<std::string> arguments{name};
    if (name == "show") arguments.push_back("processes");
    arguments.push_back("notes.txt");
    if (name == "process" || name == "series") arguments.push_back("node");
    if (name == "query") arguments.push_back("SELECT 1");
    if (name == "note") arguments.push_back("a note");
    if (name == "series") arguments.push_back("memory_total");
    if (name == "compare") arguments.insert(arguments.end(), {"--against", "notes.txt"});
    if (name == "cut" || name == "redact")
      arguments.insert(arguments.end(), {"-o", "never_made.beamtape"});
    if (name == "report") arguments.insert(arguments.end(), {"-o", "never_made.html"});
    const auto result = run_with(open, arguments);
    EXPECT_EQ(result.code, 3) << name;
    EXPECT_EQ(result.err, "beamtape-analyzer: cannot open notes.txt: not a recording\n");
    EXPECT_EQ(result.out, "");
  }
}

TEST(Program, HelpOfEveryCommandIsShortAndHasAnExample) {
  EXPECT_EQ(run({"--help"}).code, 0);
  for (const Command& command : all_commands()) {
    EXPECT_THAT(run({"--help"}).out, HasSubstr(command.name));
    const auto help = run({command.name, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("Usage: beamtape-analyzer " + std::string(command.name)));
    EXPECT_THAT(help.out, HasSubstr("Example: "));
    EXPECT_LT(std::count(help.out.begin(), help.out.end(), '\n'), 30);
  }
}

TEST(Program, VersionIsOneLine) {
  const auto result = run({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "beamtape-analyzer " BEAMTAPE_VERSION "\n");
}

TEST(Program, StopsQuietlyWhenNobodyReads) {
  class Closed : public Output {
   public:
    bool write(std::string_view) override { return false; }
  } closed;
  const Opener open = [](const std::string&) -> Expected<std::unique_ptr<Reader>> {
    return std::make_unique<FakeReader>(shop_story());
  };
  for (const char* format : {"table", "json", "csv"}) {
    EXPECT_EQ(run_program({"show", "processes", "f", "--format", format}, open, closed, closed), 0);
  }
}

}  // namespace
}  // namespace beamtape
