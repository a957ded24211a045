#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "recorder/term/text.h"
#include "tests/recorder/hex.h"

namespace beamtape {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(TermBuilder, WritesAQuestionToRex) {
  TermBuilder question;
  question.version().tuple(2).pid("n@h1", 1, 0, 7);
  question.tuple(5).atom("call").atom("erlang").atom("memory").nil().atom("user");
  Cursor cursor(question.bytes());
  ASSERT_TRUE(cursor.version());
  EXPECT_EQ(term_text(cursor, "n@h1", 100), "{<0.1.0>,{call,erlang,memory,[],user}}");
  EXPECT_TRUE(cursor.at_end());
}

TEST(TermBuilder, WritesIntegersInTheirShortestForm) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(TermBuilder().integer(255).take(), from_hex("61FF"));
  EXPECT_EQ(TermBuilder().integer(-1).take(), from_hex("62FFFFFFFF"));
  EXPECT_EQ(TermBuilder().integer(2147483648).take(), from_hex("6E040000000080"));
  EXPECT_EQ(TermBuilder().integer(kMin).take(), from_hex("6E08010000000000000080"));
  for (const std::int64_t value : {kMin, kMin + 1, kMax, std::int64_t{-2147483649}, std::int64_t{0},
                                   std::int64_t{1} << 40, std::int64_t{256}}) {
    const Bytes bytes = TermBuilder().integer(value).take();
    EXPECT_EQ(Cursor(bytes).integer(), value);
  }
}

TEST(TermBuilder, WritesStringsAsListsOfCodePoints) {
  EXPECT_EQ(TermBuilder().string("ab").take(), from_hex("6B00026162"));
  EXPECT_EQ(TermBuilder().string("ä").take(), from_hex("6B0001E4"));
  EXPECT_EQ(TermBuilder().string("").take(), from_hex("6A"));
  EXPECT_EQ(TermBuilder().string("п").take(), from_hex("6C00000001620000043F6A"));
  const Bytes longer = TermBuilder().string(std::string(70000, 'x')).take();
  Cursor cursor(longer);
  ListReader list(cursor);
  EXPECT_EQ(list.size(), 70000u);
  list.skip_rest();
  EXPECT_TRUE(cursor.ok() && cursor.at_end());
}

TEST(TermBuilder, WritesLongAtomsAndLargeTuples) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "ä";
  const Bytes atom = TermBuilder().atom(name).take();
  EXPECT_EQ(Cursor(atom).atom()->utf8(), name);
  TermBuilder large;
  large.tuple(300);
  for (int i = 0; i < 300; ++i) large.nil();
  const Bytes tuple = large.take();
  EXPECT_EQ(Cursor(tuple).tuple(), 300u);
}

TEST(TermBuilder, TakesEncodedTermsAsTheyAre) {
  const Bytes parsed = TermBuilder().tuple(1).atom("a").take();
  const Bytes bytes = TermBuilder().list(2).raw(parsed).boolean(true).nil().take();
  Cursor cursor(bytes);
  EXPECT_EQ(term_text(cursor, "n@h1", 100), "[{a},true]");
}

TEST(TermBuilder, WritesMapsAndBinaries) {
  const Bytes bytes = TermBuilder().map(1).atom("k").binary("v").take();
  Cursor cursor(bytes);
  EXPECT_EQ(term_text(cursor, "n@h1", 100), "#{k => <<\"v\">>}");
}

TEST(TermBuilder, IsEmptyAfterItsBytesAreTaken) {
  TermBuilder builder;
  EXPECT_FALSE(builder.nil().take().empty());
  EXPECT_TRUE(builder.bytes().empty());
}

}  // namespace
}  // namespace beamtape
