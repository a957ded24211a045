// What is printed for somebody to paste does what it says, whatever a name says.

#include "analyzer/findings/group_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/load/filter.h"
#include "analyzer/load/text.h"
#include "schema/model/group.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

// A leak of processes with this label, beside others.
Story leak_of(const std::string& label) {
  return Trouble()
      .group(fold_name(label), [](int i) { return 100 + 10 * i; })
      .also([label](Story& story, int) {
        story.process("<0.80.0>").text("label", label).number("memory", 3000);
        story.process("<0.81.0>").text("label", label + "_sup").number("memory", 3000);
        story.process("<0.82.0>").text("registered_name", "other").number("memory", 3000);
      })
      .story();
}

// The words of a command, as a shell takes them; none of them may have a line's end in it.
std::vector<std::string> words_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> shell(
      popen(("printf '%s\\n' " + command).c_str(), "r"), pclose);
  std::string out;
  for (int c = std::fgetc(shell.get()); c != EOF; c = std::fgetc(shell.get())) {
    out += static_cast<char>(c);
  }
  std::vector<std::string> words;
  for (std::size_t from = 0; from < out.size();) {
    const std::size_t end = std::min(out.find('\n', from), out.size());
    words.push_back(out.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

// The command that `findings` prints for the group.
std::string printed_command(const Story& story) {
  const std::string out = run_on(story, {"findings", "FILE"}).out;
  const std::size_t from = out.find("`show processes") + 1;
  return out.substr(from, out.find('`', from) - from);
}

// The labels of the rows that a filter finds.
std::vector<std::string> labels_of(const Story& story, const std::string& filter) {
  const Recording recording(std::make_unique<FakeReader>(story), "shop");
  const auto columns = shown_columns(process_table());
  const auto frame = recording.frame(*recording.reader().table("process"), *recording.snapshot(60));
  const auto parsed = Filter::parse(filter, columns);
  if (!parsed) return {parsed.error().message};
  std::vector<std::string> labels;
  for (const std::size_t slot : frame->slots()) {
    const RowView row = frame->row(slot);
    if (parsed->matches(row) != Truth::kYes) continue;
    labels.push_back(display(value_of(row, *find_shown(columns, "label")), Unit::kNone));
  }
  return labels;
}

TEST(PrintedCommand, FindsTheGroupAndNothingElseWhateverItsNameSays) {
  const std::vector<std::string> nasty{
      R"('o\'neil$(echo pwned)cart')",
      R"('<h1>leak\n')",
      R"(<<"room 12">>)",
      R"({user,"a \"b\"",'c d',12})",
      "back`echo pwned`tick",
      "\x1b[31mred\nline",
      "not \xff utf8",
      "a; echo pwned & echo | $HOME ~ * ? !! # > pwned \\",
      "' \" ' \"",
      "cart",
      "k\xc3\xa4se 7",
      "conn_tcp_12",
      std::string(150, 'x') + " " + std::string(150, 'y'),
  };
  for (const std::string& label : nasty) {
    const Story story = leak_of(label);
    const std::string command = printed_command(story);
    const auto words = words_of(command);
    ASSERT_GE(words.size(), 5u) << command;
    EXPECT_EQ(words.size(), 7u) << command;
    EXPECT_EQ(words[3], "--filter") << command;
    EXPECT_EQ(words.back(), "5") << command;
    const auto found = labels_of(story, words[4]);
    EXPECT_THAT(found, Contains(printable(label))) << command;
    const bool is_whole = words[4].find(" = ") != std::string::npos;
    if (is_whole) {
      EXPECT_THAT(found, ElementsAre(printable(label))) << command;
    }
    EXPECT_TRUE(std::none_of(found.begin(), found.end(), [](const std::string& one) {
      return one == "other" || one == "-";
    })) << command;
  }
}

TEST(PrintedCommand, HasNoFilterWhereTheNameSaysNothing) {
  EXPECT_EQ(filter_option("_"), "");
  EXPECT_EQ(filter_option("other"), "") << "what the recorder adds up of many groups";
  EXPECT_EQ(filter_option("unknown"), " --filter 'name is null'");
  EXPECT_EQ(filter_option("\x1b`"), "");
}

TEST(ShellWord, IsOneWordAsItIs) {
  for (const char* text : {"", "'", "a b", "$HOME `x` \\ \"", "''\\''"}) {
    EXPECT_THAT(words_of(shell_word(text)), ElementsAre(text));
  }
}

TEST(GroupFilter, FitsEveryNameThatFoldsToTheGroup) {
  EXPECT_EQ(group_filter("conn_"), "name ~ \"conn\"");
  EXPECT_EQ(group_filter("conn_tcp_"), "name ~ \"conn*tcp\"");
  EXPECT_EQ(group_filter("a"), "name = \"a\"") << "nothing is folded";
  EXPECT_EQ(group_filter("_"), "");
  EXPECT_EQ(group_filter("my_app:init/1"), "name = \"my_app:init/1\"") << "nothing is folded";
}

TEST(GroupFilter, TakesTheQuoteThatIsNotInTheName) {
  EXPECT_EQ(group_filter("say \"no\""), "name = 'say \"no\"'");
  EXPECT_EQ(group_filter("isn't"), "name = \"isn't\"");
  EXPECT_EQ(group_filter("isn't \"no\" it"), "name ~ \"isn't *no* it\"");
}

TEST(GroupFilter, TakesANameAsItIsPrinted) {
  EXPECT_EQ(filter_of("name", "\\x1b[32mtab"), "name ~ \"[32mtab\"");
}

}  // namespace
}  // namespace beamtape
