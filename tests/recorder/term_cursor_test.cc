#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "recorder/term/text.h"
#include "tests/recorder/hex.h"
#include "tests/recorder/term_goldens.h"

namespace beamtape {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A copy of exactly this size on the heap, so that the address sanitizer sees one byte too many.
class Exact {
 public:
  explicit Exact(std::span<const std::uint8_t> bytes)
      : bytes_(new std::uint8_t[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::span<const std::uint8_t> span() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

// Tags that OTP 25 reads but no longer writes, or writes to peers only. Node n@h1.
constexpr std::string_view kOtherShapes[] = {
    "83 67 77046E406831 00000001 00000002 03",                // PID_EXT
    "83 58 77046E406831 00011170 00000001 00000007",          // NEW_PID_EXT
    "83 66 77046E406831 00000007 03",                         // PORT_EXT
    "83 59 77046E406831 00011170 00000007",                   // NEW_PORT_EXT
    "83 78 77046E406831 000000012A05F200 00000007",           // V4_PORT_EXT
    "83 65 77046E406831 00000009 01",                         // REFERENCE_EXT
    "83 72 0003 77046E406831 02 0000000A 0000000B 0000000C",  // NEW_REFERENCE_EXT
    "83 5A 0005 77046E406831 00000063 00000001 00000002 00000003 00000004 00000005",
    "83 63 312E3530303030303030303030303030303030303030652B30300000000000",  // FLOAT_EXT
    "83 73 01 E4",                                                           // SMALL_ATOM_EXT
    "83 76 0002 C3A4",                                                       // ATOM_UTF8_EXT
    "83 69 00000001 6101",                                                   // LARGE_TUPLE_EXT
    "83 6F 00000009 01 000000000000000001",                                  // LARGE_BIG_EXT
    // shop_cart:f(42), where f(A) -> fun(X, Y) -> {A, X, Y} end: NEW_FUN_EXT
    "83 70 0000004F 02 28E804104BFFD29CBBB0BB69DF4E01C5 00000000 00000001 64000973686F705F63617274"
    "6100 6201474020 5864000D6E6F6E6F6465406E6F686F7374000000090000000000000000 612A",
};

std::vector<Bytes> all_shapes() {
  std::vector<Bytes> shapes;
  for (const auto& golden : kTermGoldens) shapes.push_back(from_hex(golden.hex));
  for (const auto hex : kOtherShapes) shapes.push_back(from_hex(hex));
  return shapes;
}

// Reads a term with the reader of its kind; false if that fails.
bool read_deeply(Cursor& cursor) {
  switch (cursor.kind()) {
    case TermKind::kInteger:
      return cursor.integer().has_value();
    case TermKind::kFloat:
      return cursor.floating().has_value();
    case TermKind::kAtom:
      return cursor.atom().has_value();
    case TermKind::kBinary:
      return cursor.binary().has_value();
    case TermKind::kPid:
      return cursor.pid().has_value();
    case TermKind::kPort:
      return cursor.port().has_value();
    case TermKind::kReference:
      return cursor.reference().has_value();
    case TermKind::kFun:
      return cursor.fun().has_value();
    case TermKind::kTuple: {
      const auto arity = cursor.tuple();
      for (std::uint32_t i = 0; arity && i < *arity; ++i) {
        if (!read_deeply(cursor)) return false;
      }
      return arity.has_value();
    }
    case TermKind::kMap: {
      const auto pairs = cursor.map();
      for (std::uint32_t i = 0; pairs && i < 2 * *pairs; ++i) {
        if (!read_deeply(cursor)) return false;
      }
      return pairs.has_value();
    }
    case TermKind::kList: {
      ListReader list(cursor);
      while (list.next()) {
        if (!read_deeply(cursor)) return false;
      }
      return cursor.ok();
    }
    case TermKind::kNone:
      return false;
  }
  return false;
}

TEST(Cursor, SkipsEveryShapeToItsLastByte) {
  for (const Bytes& bytes : all_shapes()) {
    Cursor cursor(bytes);
    EXPECT_TRUE(cursor.version() && cursor.skip() && cursor.at_end());
  }
}

TEST(Cursor, ReadsEveryShapeToItsLastByte) {
  for (const Bytes& bytes : all_shapes()) {
    Cursor cursor(bytes);
    EXPECT_TRUE(cursor.version() && read_deeply(cursor) && cursor.at_end() && cursor.ok());
  }
}

TEST(Cursor, FailsOnEveryShapeCutOffAnywhere) {
  for (const Bytes& bytes : all_shapes()) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Exact cut({bytes.data(), size});
      Cursor skipping(cut.span());
      EXPECT_FALSE(skipping.version() && skipping.skip());
      EXPECT_FALSE(skipping.ok());
      Cursor reading(cut.span());
      EXPECT_FALSE(reading.version() && read_deeply(reading) && reading.ok());
      Cursor printing(cut.span());
      printing.version();
      EXPECT_EQ(term_text(printing, "n@h1", 100), "");
    }
  }
}

TEST(Cursor, SurvivesEveryShapeWithAnyOneByteChanged) {
  for (Bytes bytes : all_shapes()) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const int change : {0x01, 0x80, 0xFF}) {
        Bytes damaged = bytes;
        damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ change);
        const Exact exact(damaged);
        Cursor cursor(exact.span());
        cursor.version();
        read_deeply(cursor);
        Cursor printing(exact.span());
        printing.version();
        term_text(printing, "n@h1", 100);
      }
    }
  }
}

TEST(Cursor, LeavesATermOfAnotherKindInPlace) {
  const Bytes bytes = TermBuilder().atom("undefined").take();
  Cursor cursor(bytes);
  EXPECT_FALSE(cursor.integer());
  EXPECT_FALSE(cursor.pid());
  EXPECT_FALSE(cursor.tuple(2));
  EXPECT_FALSE(cursor.take_atom("waiting"));
  EXPECT_FALSE(cursor.boolean());
  EXPECT_FALSE(ListReader(cursor).is_list());
  EXPECT_TRUE(cursor.ok());
  EXPECT_TRUE(cursor.take_atom("undefined"));
  EXPECT_TRUE(cursor.at_end());
}

TEST(Cursor, HasFailedOnceItIsAskedForMoreThanThereIs) {
  const Bytes bytes = TermBuilder().integer(7).take();
  Cursor cursor(bytes);
  EXPECT_EQ(cursor.integer(), 7);
  EXPECT_TRUE(cursor.ok());
  EXPECT_FALSE(cursor.integer());
  EXPECT_FALSE(cursor.ok());
}

TEST(Cursor, StaysFailed) {
  const Bytes bytes = from_hex("FF6101");
  Cursor cursor(bytes);
  EXPECT_FALSE(cursor.skip());
  EXPECT_FALSE(cursor.integer());
  EXPECT_EQ(cursor.kind(), TermKind::kNone);
  EXPECT_TRUE(cursor.raw().empty());
  EXPECT_FALSE(cursor.ok());
}

TEST(Cursor, SaturatesIntegersBeyond64Bits) {
  const auto read = [](std::string_view hex) {
    const Bytes bytes = from_hex(hex);
    return Cursor(bytes).integer();
  };
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(read("6E0800FFFFFFFFFFFFFF7F"), kMax);
  EXPECT_EQ(read("6E08000000000000000080"), kMax);
  EXPECT_EQ(read("6E0900000000000000000001"), kMax);
  EXPECT_EQ(read("6E08010000000000000080"), kMin);
  EXPECT_EQ(read("6F0000000901000000000000000001"), kMin);
  EXPECT_EQ(read("6E0801FFFFFFFFFFFFFF7F"), kMin + 1);
  EXPECT_EQ(read("6E0900050000000000000000"), 5);  // zeros in front do not make it large
  EXPECT_EQ(read("6E0000"), 0);
}

TEST(Cursor, ReadsBothShapesOfFloats) {
  const Bytes modern = from_hex("46BFB999999999999A");
  EXPECT_DOUBLE_EQ(Cursor(modern).floating().value(), -0.1);
  const Bytes old = from_hex("63312E3530303030303030303030303030303030303030652B30300000000000");
  EXPECT_DOUBLE_EQ(Cursor(old).floating().value(), 1.5);
}

TEST(Cursor, ReadsAtomsOfBothEncodingsAsUtf8) {
  for (const auto hex : {"640001E4", "7301E4", "760002C3A4", "7702C3A4"}) {
    const Bytes bytes = from_hex(hex);
    EXPECT_EQ(Cursor(bytes).atom()->utf8(), "ä") << hex;
    EXPECT_TRUE(Cursor(bytes).take_atom("ä")) << hex;
    EXPECT_TRUE(Cursor(bytes).at_atom("ä")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("ö")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("a")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("äa")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("\xE4")) << hex;
  }
}

TEST(Cursor, ComparesAtomsExactly) {
  for (const auto hex : {"640005737461636B", "7705737461636B", "7305737461636B"}) {
    const Bytes bytes = from_hex(hex);
    EXPECT_TRUE(Cursor(bytes).take_atom("stack")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("stack_size")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("stac")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("stale")) << hex;
    EXPECT_FALSE(Cursor(bytes).take_atom("")) << hex;
  }
  const Bytes broken = from_hex("7702C328");
  EXPECT_EQ(Cursor(broken).atom()->utf8(), "\xEF\xBF\xBD(");
}

TEST(Cursor, ReadsPidsOfAllReleases) {
  const Bytes modern = from_hex("5877046E406831000111700000000165000007");
  const auto pid = Cursor(modern).pid();
  ASSERT_TRUE(pid);
  EXPECT_TRUE(pid->node == "n@h1");
  EXPECT_EQ(pid->id, 70000u);
  EXPECT_EQ(pid->serial, 1u);
  EXPECT_EQ(pid->creation, 0x65000007u);
  const Bytes old = from_hex("6777046E406831000000010000000203");
  EXPECT_EQ(Cursor(old).pid()->creation, 3u);
}

TEST(Cursor, ReadsPortsAndReferencesOfAllReleases) {
  const Bytes port = from_hex("7877046E406831000000012A05F20000000007");
  EXPECT_EQ(Cursor(port).port()->id, 5'000'000'000u);
  EXPECT_EQ(Cursor(port).port()->creation, 7u);
  const Bytes oldest = from_hex("6577046E4068310000000901");
  EXPECT_EQ(Cursor(oldest).reference()->words[0], 9u);
  EXPECT_EQ(Cursor(oldest).reference()->creation, 1u);
  const Bytes newest =
      from_hex("5A000577046E406831000000630000000100000002000000030000000400000005");
  EXPECT_EQ(Cursor(newest).reference()->size, 5u);
  EXPECT_EQ(Cursor(newest).reference()->words[4], 5u);
  EXPECT_EQ(Cursor(newest).reference()->creation, 99u);
  const Bytes too_long = from_hex("5A000677046E40683100000063");
  EXPECT_FALSE(Cursor(too_long).reference());
}

TEST(Cursor, ReadsBitStringsWithTheirUnusedBits) {
  const Bytes bytes = from_hex("4D000000020301A0");
  Cursor cursor(bytes);
  EXPECT_EQ(cursor.unused_bits(), 5);
  EXPECT_EQ(cursor.binary()->size(), 2u);
  const Bytes nonsense = from_hex("4D000000020901A0");
  EXPECT_FALSE(Cursor(nonsense).binary());
}

TEST(Cursor, GivesWholeTermsAsBytes) {
  const Bytes bytes = TermBuilder().tuple(2).string("ab").integer(1).atom("next").take();
  Cursor cursor(bytes);
  EXPECT_EQ(cursor.raw().size(), 9u);
  EXPECT_TRUE(cursor.take_atom("next"));
}

TEST(Cursor, RefusesCountsThatTheBytesCannotHold) {
  for (const auto hex : {"69FFFFFFFF6A", "6CFFFFFFFF6A6A", "74FFFFFFFF6A6A", "6DFFFFFFFF00",
                         "6FFFFFFFFF0000", "68FF6A", "70FFFFFFFF00", "6BFFFF00", "64FFFF00"}) {
    const Exact bytes(from_hex(hex));
    Cursor reading(bytes.span());
    EXPECT_FALSE(read_deeply(reading)) << hex;
    Cursor skipping(bytes.span());
    EXPECT_FALSE(skipping.skip()) << hex;
  }
}

TEST(Cursor, SkipsAnyDepthWithoutAStack) {
  constexpr std::size_t kDepth = 5'000'000;
  Bytes bytes;
  for (std::size_t i = 0; i < kDepth; ++i) bytes.insert(bytes.end(), {0x68, 0x01});
  Cursor endless(bytes);
  EXPECT_FALSE(endless.skip());
  bytes.push_back(0x6A);
  Cursor whole(bytes);
  EXPECT_TRUE(whole.skip() && whole.at_end());
}

TEST(ListReader, HidesHowAListTravels) {
  const auto sum = [](std::string_view hex) {
    const Bytes bytes = from_hex(hex);
    Cursor cursor(bytes);
    std::int64_t total = 0;
    ListReader list(cursor);
    while (list.next()) total += cursor.integer().value_or(-1000);
    EXPECT_TRUE(cursor.ok() && cursor.at_end() && list.is_list());
    return total;
  };
  EXPECT_EQ(sum("6B0003010203"), 6);
  EXPECT_EQ(sum("6C000000036101610261036A"), 6);
  EXPECT_EQ(sum("6A"), 0);
  EXPECT_EQ(sum("6B0000"), 0);
}

TEST(ListReader, GivesElementsOfAStringToEveryReader) {
  const Bytes bytes = from_hex("6802 6B0004 68010203 770161");  // {[104,1,2,3], a}
  Cursor cursor(bytes);
  ASSERT_TRUE(cursor.tuple(2));
  ListReader list(cursor);
  ASSERT_TRUE(list.next());
  EXPECT_EQ(cursor.kind(), TermKind::kInteger);
  EXPECT_FALSE(cursor.tuple());  // although 104 is the tag of one
  const auto raw = cursor.raw();
  EXPECT_EQ(Bytes(raw.begin(), raw.end()), from_hex("6168"));
  ASSERT_TRUE(list.next());
  EXPECT_TRUE(cursor.skip());
  EXPECT_FALSE(cursor.at_end());
  list.skip_rest();
  EXPECT_TRUE(cursor.take_atom("a"));
  EXPECT_TRUE(cursor.ok() && cursor.at_end());
}

TEST(ListReader, KeepsTheTailOfAnImproperList) {
  const Bytes bytes = from_hex("6802 6C00000001 6101 6102 770161");  // {[1|2], a}
  Cursor cursor(bytes);
  ASSERT_TRUE(cursor.tuple(2));
  ListReader list(cursor);
  EXPECT_EQ(list.size(), 1u);
  EXPECT_TRUE(list.next());
  EXPECT_EQ(cursor.integer(), 1);
  EXPECT_FALSE(list.next());
  EXPECT_FALSE(list.next());
  EXPECT_EQ(list.improper_tail().size(), 2u);
  EXPECT_TRUE(cursor.take_atom("a"));
}

TEST(ListReader, MayBeNested) {
  const Bytes bytes = from_hex("6C00000002 6B00020102 6C00000001 6103 6A 6A");  // [[1,2],[3]]
  Cursor cursor(bytes);
  std::vector<std::int64_t> seen;
  ListReader outer(cursor);
  while (outer.next()) {
    ListReader inner(cursor);
    while (inner.next()) seen.push_back(cursor.integer().value_or(-1));
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_TRUE(cursor.ok() && cursor.at_end());
}

TEST(ListReader, EndsWhereTheBytesEnd) {
  const Bytes bytes = from_hex("6C00000003 6101 6102");
  Cursor cursor(bytes);
  ListReader list(cursor);
  int count = 0;
  while (list.next() && cursor.integer()) ++count;
  EXPECT_EQ(count, 2);
  EXPECT_FALSE(cursor.ok());
}

}  // namespace
}  // namespace beamtape
