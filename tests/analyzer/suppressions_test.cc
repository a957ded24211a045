#include "analyzer/findings/suppressions.h"

#include <gtest/gtest.h>

namespace beamtape {
namespace {

const std::vector<std::string> kRules{"process-leak", "port-leak", "ets-growth"};

Finding finding(const std::string& rule, const std::string& id, const std::string& name) {
  Finding one;
  one.rule = rule;
  one.subject = {"process", id, name, ""};
  return one;
}

TEST(Suppressions, AStarStandsForAnyText) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("conn_*", "conn_17"));
  EXPECT_TRUE(matches_pattern("*leak", "port-leak"));
  EXPECT_TRUE(matches_pattern("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(matches_pattern("a*b*c", "a-b-b-d"));
  EXPECT_FALSE(matches_pattern("conn", "conn_17"));
}

TEST(Suppressions, LinesHaveARuleAndASubject) {
  const auto read = parse_suppressions(
      "# known\n\nprocess-leak  session_*   # until 4711 is done\n*-leak #Port<0.7>\n", kRules);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].line, 3);
  EXPECT_EQ((*read)[0].subject, "session_*");
}

TEST(Suppressions, WhatIsWrongIsNamedWithItsLine) {
  const auto unknown = parse_suppressions("\nproces-leak x\n", kRules);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message.find("cannot read line 2: there is no rule 'proces-leak'"), 0u)
      << unknown.error().message;
  EXPECT_FALSE(parse_suppressions("process-leak\n", kRules));
}

TEST(Suppressions, WhatTheyMatchIsTakenOutAndCounted) {
  auto known = *parse_suppressions("process-leak session_*\nets-growth *\n", kRules);
  std::vector<Finding> all{finding("process-leak", "session_", "session_"),
                           finding("process-leak", "other", ""),
                           finding("port-leak", "session_1", "")};
  EXPECT_EQ(suppress(all, known).size(), 1u);
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(known[0].matched, 1u);
  EXPECT_EQ(known[1].matched, 0u);
}

}  // namespace
}  // namespace beamtape
