// Bytes of small parts, so that a change of the format is noticed: files that exist must open in
// every later version. When one of these changes, the version of the codec must.

#include <gtest/gtest.h>

#include <string>

#include "schema/codec/part.h"
#include "schema/store/checksum.h"
#include "schema/store/directory.h"
#include "tests/schema/builders.h"

namespace beamtape::test {
namespace {

std::string hex(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Table pets() {
  return {3, "pet", "", {{1, "pid", Type::kRef}, {2, "memory"}, {5, "name", Type::kAtom}}};
}

RowGroup three_pets() {
  const Cell none = missing(Missing::kNone);
  RowGroup rows;
  rows.grow(3, 3);
  rows.columns[0].assign(std::vector<Cell>{400, none, 408});
  rows.columns[1].assign(std::vector<Cell>{233, none, missing(Missing::kLongMailbox)});
  rows.columns[2].assign(std::vector<Cell>{7, none, 7});
  return rows;
}

TEST(Golden, KeyframeOfThreeRows) {
  // version 2, keyframe; 3 rows, presence bitmap 101; 3 columns: id 1 along 400 +8, id 2 along
  // 233 and reason 5, id 5 constant 7.
  EXPECT_EQ(hex(encode_keyframe(pets(), three_pets(), 3)),
            "0200030105030101a106110001d303000502000f");
}

TEST(Golden, DifferenceOfThreeRows) {
  auto now = three_pets();
  now.columns[1].set(0, 610);                                               // changed
  for (auto& column : now.columns) column.set(2, missing(Missing::kNone));  // ended
  now.grow(3, 4);
  now.columns[0].set(3, 412);  // began
  now.columns[1].set(3, 233);
  // version 2, difference; 3 rows become 4; 3 columns without a modal difference; 3 changes and
  // one mask (column 1 of them); bitmap 1011; mask 0, emptied, new; key 408 + 4, memory 233 + 377
  // and 233 of the new one, its name none.
  EXPECT_EQ(hex(encode_difference(pets(), three_pets(), now, 3)),
            "0201030403010000000000020000030102010d02000109f305d3030000");
}

TEST(Golden, Lists) {
  EXPECT_EQ(hex(lists_part({{1, {2, {40, 44}}}, {4, {1000, {40, missing(Missing::kGone)}}}})),
            "0202020102020200e9075109010004");
}

TEST(Golden, BlobOfTwoRowGroups) {
  BlobBuilder builder;
  builder.add(2, {7, 8, 9});
  builder.add(0, {5});
  EXPECT_EQ(hex(builder.build(12, 3)), "0d000000d2fdbf8c020001d40c63a5010384afd5b305070809");
}

TEST(Golden, ChecksumOfAPlainRow) {
  EXPECT_EQ(RowChecksum("note").add(12).add("text").add_null().value(), 3902430722U);
}

}  // namespace
}  // namespace beamtape::test
