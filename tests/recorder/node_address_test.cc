#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorder/node/address.h"

namespace beamtape {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ParseNode, TakesShortAndLongNames) {
  const auto local = parse_node("shop@db1");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->node(), "shop@db1");
  EXPECT_FALSE(local->has_long_name());
  EXPECT_TRUE(parse_node("shop@db1.example.org")->has_long_name());
  EXPECT_TRUE(parse_node("shop@127.0.0.1")->has_long_name());
  EXPECT_TRUE(parse_node("shop@::1")->has_long_name());
  EXPECT_TRUE(parse_node("my-release_2@db1"));
}

TEST(ParseNode, TakesANameWithoutHostAsOneOfThisMachine) {
  const auto address = parse_node("shop");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->node(), "shop@" + short_host_name());
  EXPECT_FALSE(address->has_long_name());
}

TEST(ParseNode, SaysInOneLineWhatIsWrong) {
  for (const std::string text : {"", "@", "shop@", "@host", "a@b@c", "shop shop", "shop@ho st",
                                 "sh\nop", "shop@../x", "sh'op"}) {
    const auto address = parse_node(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Error::Code::kUsage);
    EXPECT_THAT(address.error().message, HasSubstr("cannot use node name"));
  }
  EXPECT_FALSE(parse_node(std::string(300, 'x')));
}

TEST(ParseEndpoint, TakesHostAndPort) {
  EXPECT_EQ(parse_endpoint("localhost:9100")->host, "localhost");
  EXPECT_EQ(parse_endpoint("localhost:9100")->port, 9100);
  EXPECT_EQ(parse_endpoint("[::1]:9100")->host, "::1");
  EXPECT_EQ(parse_endpoint("10.0.0.1:1")->host, "10.0.0.1");
}

TEST(ParseEndpoint, SaysInOneLineWhatIsWrong) {
  for (const std::string text :
       {"", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:1x", ":9100",
        "::1:9100", "[::1]9100", "[::1]", "a b:1"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, Error::Code::kUsage);
    EXPECT_THAT(endpoint.error().message, HasSubstr("cannot use address"));
  }
}

}  // namespace
}  // namespace beamtape
