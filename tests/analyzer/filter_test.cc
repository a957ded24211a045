#include "analyzer/load/filter.h"

#include <gtest/gtest.h>

#include "analyzer/load/recording.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

class FilterTest : public ::testing::Test {
 protected:
  FilterTest()
      : recording_(std::make_unique<FakeReader>(shop_story()), "shop"),
        columns_(shown_columns(process_table())),
        frame_(*recording_.frame(*recording_.reader().table("process"), *recording_.snapshot(6))) {}

  // Pids chosen, and behind a bar those that cannot be decided.
  std::string chosen(const std::string& text) {
    const auto filter = Filter::parse(text, columns_);
    if (!filter) return filter.error().message;
    std::string yes;
    std::string undecided;
    for (const std::size_t slot : frame_.slots()) {
      const RowView row = frame_.row(slot);
      const auto pid = display(value_of(row, columns_[0]), Unit::kNone);
      const Truth truth = filter->matches(row);
      if (truth == Truth::kYes) yes += pid.substr(3, 3) + " ";
      if (truth == Truth::kUndecided) undecided += " " + pid.substr(3, 3);
    }
    return yes + "|" + undecided;
  }

  Recording recording_;
  std::vector<Shown> columns_;
  Frame frame_;
};

TEST_F(FilterTest, ComparesNumbersWithUnits) {
  EXPECT_EQ(chosen("message_queue_len > 1000"), "102 |");
  EXPECT_EQ(chosen("message_queue_len = 36k"), "102 |");
  EXPECT_EQ(chosen("memory >= 12KiB"), "100 200 | 102");
  EXPECT_EQ(chosen("memory = 12KiB"), "100 | 102");
  EXPECT_EQ(chosen("memory < 0.01MiB"), "103 | 102");
  EXPECT_EQ(chosen("first_seen = #4"), "200 |");
}

TEST_F(FilterTest, ComparesTextsAsTheirAuthorWroteThem) {
  EXPECT_EQ(chosen("registered_name = Shop.Cart"), "200 |");
  EXPECT_EQ(chosen("registered_name = Elixir.Shop.Cart"), "200 |");
  EXPECT_EQ(chosen("registered_name = 'shop_mailer'"), "102 |");
  EXPECT_EQ(chosen("name ~ SHOP.*er"), "100 103 |");
  EXPECT_EQ(chosen("dictionary_initial_call = Shop.Cart.init/1"), "200 |");
  EXPECT_EQ(chosen("label ~ 'KäSE'"), "103 |");
}

TEST_F(FilterTest, ComparesPidsWithAndWithoutBrackets) {
  EXPECT_EQ(chosen("pid = <0.102.0>"), "102 |");
  EXPECT_EQ(chosen("pid=<0.102.0> or parent=0.100.0"), "102 200 |");
}

TEST_F(FilterTest, ListsCompareByLengthAndByTheirElements) {
  EXPECT_EQ(chosen("links > 2"), "100 | 103");
  EXPECT_EQ(chosen("links_count = 3"), "100 | 103");
  EXPECT_EQ(chosen("links = <0.200.0>"), "100 | 103");
  EXPECT_EQ(chosen("monitored_by > 2000"), "102 |");
  EXPECT_EQ(chosen("current_stacktrace ~ init_p_do"), "200 |");
}

TEST_F(FilterTest, AnElementThatMayBeInTheCutPartIsUndecided) {
  EXPECT_EQ(chosen("monitored_by = <0.999.0>"), "| 102");
}

TEST_F(FilterTest, NoneIsNotAValueAndNotReadIsNotNone) {
  EXPECT_EQ(chosen("registered_name != shop_mailer"), "100 103 200 |");
  EXPECT_EQ(chosen("registered_name is null"), "103 |");
  EXPECT_EQ(chosen("registered_name is not null"), "100 102 200 |");
  EXPECT_EQ(chosen("memory is unread"), "102 |");
  EXPECT_EQ(chosen("memory is null"), "| 102");
  EXPECT_EQ(chosen("links is missing"), "103 |");
  EXPECT_EQ(chosen("not memory > 12KiB"), "100 103 | 102");
}

TEST_F(FilterTest, CombinesWithAndOrNotAndParentheses) {
  EXPECT_EQ(chosen("status = waiting and not (name ~ shop.c or name ~ sup)"), "103 |");
  EXPECT_EQ(chosen("memory > 1TiB or message_queue_len > 1"), "102 |");
  EXPECT_EQ(chosen("memory > 1TiB and message_queue_len > 1"), "| 102");
  EXPECT_EQ(chosen("trap_exit = true && !(memory < 1) || pid = 0.103.0"), "100 103 |");
}

TEST_F(FilterTest, SaysWhereAndWhatIsWrong) {
  const auto says = [this](const std::string& text, const std::string& part) {
    EXPECT_NE(chosen(text).find(part), std::string::npos) << chosen(text);
  };
  says("memory > 10MiB and memry > 1",
       "at character 20 ('memry > 1'): no column 'memry'; nearest: memory");
  says("memory > lots", "at character 10 ('lots'): memory is a number and 'lots' is not (units: B");
  says("memory", "expected = != < <= > >= ~ !~ or 'is' after memory");
  says("memory >", "at character 9 (its end): expected a value");
  says("(memory > 1", "the '(' at 1 is not closed");
  says("memory > 1)", "expected 'and', 'or' or the end");
  says("name > 7", "name is not a number: compare it by = != ~ !~");
  says("memory ~ 7", "memory is a number: compare it by = != < <= > >=");
  says("trap_exit = 1", "trap_exit is true or false, not '1'");
  says("name = \"open", "the quote is not closed");
  says("memory is big", "expected null, unread or missing");
  says("", "expected a column");
  says("memory > 5ms", "memory is a number and '5ms' is not");
}

TEST_F(FilterTest, DepthAndLengthAreBounded) {
  EXPECT_NE(chosen(std::string(70, '(') + "memory > 1").find("64 deep"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 70; ++i) nots += "not ";
  EXPECT_NE(chosen(nots + "memory > 1").find("64 deep"), std::string::npos);
  EXPECT_NE(chosen(std::string(10'001, ' ')).find("10 000"), std::string::npos);
  std::string wide = "memory > 1";
  for (int i = 0; i < 600; ++i) wide += " or memory > 1";
  EXPECT_EQ(chosen(wide), "100 103 200 | 102");
}

}  // namespace
}  // namespace beamtape
