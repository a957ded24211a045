#include <gtest/gtest.h>

#include <string>

#include "recorder/term/cursor.h"
#include "recorder/term/inflate.h"
#include "recorder/term/text.h"
#include "tests/recorder/hex.h"

namespace beamtape {
namespace {

using Bytes = std::vector<std::uint8_t>;

// term_to_binary({shop,lists:duplicate(100,a)}, [compressed]), OTP 25.
Bytes compressed() {
  return from_hex("83500000019F789CCB604A616029CEC82FC8616060484961604C1CC58307670100456D511F");
}

TEST(InflateTerm, GivesWhatErlangCompressed) {
  const Bytes bytes = compressed();
  ASSERT_TRUE(is_compressed_term(bytes));
  const auto term = inflate_term(bytes, 1000);
  ASSERT_TRUE(term) << term.error().message;
  Cursor cursor(*term);
  ASSERT_TRUE(cursor.version());
  EXPECT_EQ(term_text(cursor, "n@h1", 20), "{shop,[a,a,a,a,a,…");
  EXPECT_TRUE(cursor.at_end());
}

TEST(InflateTerm, RefusesWhatIsNotCompressed) {
  EXPECT_FALSE(is_compressed_term(from_hex("836400026F6B")));
  EXPECT_FALSE(is_compressed_term(from_hex("8350")));
  EXPECT_EQ(inflate_term(from_hex("836400026F6B"), 1000).error().code, Error::Code::kMalformed);
}

TEST(InflateTerm, RefusesMoreThanIsAllowed) {
  EXPECT_EQ(inflate_term(compressed(), 415).error().code, Error::Code::kMalformed);
  EXPECT_TRUE(inflate_term(compressed(), 416));  // 415 announced, and the version byte
}

TEST(InflateTerm, RefusesToAllocateWhatCannotBeInside) {
  Bytes bytes = compressed();
  bytes[2] = 0x7F;
  EXPECT_FALSE(inflate_term(bytes, std::size_t{1} << 32));
}

TEST(InflateTerm, RefusesASizeThatIsNotTrue) {
  for (const int size : {414, 416, 1}) {
    Bytes bytes = compressed();
    bytes[4] = static_cast<std::uint8_t>(size >> 8);
    bytes[5] = static_cast<std::uint8_t>(size);
    EXPECT_FALSE(inflate_term(bytes, 1000)) << size;
  }
}

TEST(InflateTerm, RefusesEveryCutAndEveryChange) {
  const Bytes bytes = compressed();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(inflate_term(std::span(bytes).first(size), 1000)) << size;
  }
  for (std::size_t i = 8; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] = static_cast<std::uint8_t>(~damaged[i]);
    EXPECT_FALSE(inflate_term(damaged, 1000)) << i;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(inflate_term(longer, 1000));
}

}  // namespace
}  // namespace beamtape
