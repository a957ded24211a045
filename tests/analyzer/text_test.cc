#include "analyzer/load/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace beamtape {
namespace {

TEST(Text, SizesHaveThreeSignificantDigitsAndAUnit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.00 KiB");
  EXPECT_EQ(size_text(12'595), "12.3 KiB");
  EXPECT_EQ(size_text(1'048'575), "1.00 MiB");
  EXPECT_EQ(size_text(-3 * 1024 * 1024), "-3.00 MiB");
  EXPECT_EQ(size_text(std::numeric_limits<std::int64_t>::max()), "8.00 EiB");
}

TEST(Text, CountsAreGroupedByThousands) {
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(41'203), "41 203");
  EXPECT_EQ(grouped(-1'000'000), "-1 000 000");
  EXPECT_EQ(grouped(std::numeric_limits<std::int64_t>::min()), "-9 223 372 036 854 775 808");
}

TEST(Text, DurationsTakeTheUnitThatFits) {
  EXPECT_EQ(duration_text(350), "350 us");
  EXPECT_EQ(duration_text(12'300), "12.3 ms");
  EXPECT_EQ(duration_text(1'204'000), "1.20 s");
  EXPECT_EQ(duration_text(200'000'000), "3 min 20 s");
  EXPECT_EQ(duration_text(3 * 3600'000'000LL), "3 h");
  EXPECT_EQ(duration_text(100 * 3600'000'000LL), "4 d 4 h");
}

TEST(Text, WidthsCountCharactersNotBytes) {
  EXPECT_EQ(display_width("Käse…"), 5u);
  EXPECT_EQ(clipped("Käsekuchen", 5), "Käse…");
  EXPECT_EQ(clipped("Käse", 4), "Käse");
  EXPECT_EQ(padded("é", 3, true), "  é");
  EXPECT_EQ(padded("é", 3, false), "é  ");
}

TEST(Text, ControlCharactersAndBrokenUtf8CannotReachATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("Grüße 🙂"), "Grüße 🙂");
}

TEST(Text, NothingTurnsTheDirectionOfALine) {
  EXPECT_EQ(printable("a\u202eb"), "a\\xe2\\x80\\xaeb");
  for (const char* turn : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"}) {
    EXPECT_EQ(printable(turn).substr(0, 2), "\\x") << printable(turn);
  }
  for (const char* plain : {"\u2014", "\u2026", "\u2029", "\u202f", "\u2065", "\u206a", "שלום"}) {
    EXPECT_EQ(printable(plain), plain);
  }
}

TEST(Text, SuggestsNamesThatAreNear) {
  const std::vector<std::string> known{"memory", "message_queue_len", "reductions"};
  EXPECT_EQ(suggestion("memry", known), "; nearest: memory");
  EXPECT_EQ(suggestion("queue", known), "; nearest: message_queue_len");
  EXPECT_EQ(suggestion("xyzzy", known), "; there are: memory, message_queue_len, reductions");
  EXPECT_EQ(suggestion("x", {}), "; there are none");
}

}  // namespace
}  // namespace beamtape
