#include <gtest/gtest.h>

#include <string>

#include "recorder/term/builder.h"
#include "recorder/term/number_text.h"
#include "recorder/term/text.h"
#include "recorder/term/utf8.h"
#include "tests/recorder/hex.h"
#include "tests/recorder/term_goldens.h"

namespace beamtape {
namespace {

std::string text_of(const std::vector<std::uint8_t>& term, std::size_t max_bytes = 4096) {
  Cursor cursor(term);
  return term_text(cursor, "n@h1", max_bytes);
}

std::string text_of_hex(std::string_view hex) { return text_of(from_hex(hex)); }

TEST(TermText, IsWhatErlangPrints) {
  for (const auto& golden : kTermGoldens) {
    const auto bytes = from_hex(golden.hex);
    Cursor cursor(bytes);
    ASSERT_TRUE(cursor.version());
    EXPECT_EQ(term_text(cursor, "nonode@nohost", 4096), golden.text) << golden.expression;
    EXPECT_TRUE(cursor.at_end());
  }
}

TEST(TermText, NamesTheNodeOfWhatIsElsewhere) {
  constexpr std::string_view kOwn = "5877046E406831 0000000C 00000000 00000007";
  EXPECT_EQ(text_of_hex(kOwn), "<0.12.0>");
  const auto bytes = from_hex(kOwn);
  Cursor cursor(bytes);
  EXPECT_EQ(term_text(cursor, "other@h1", 100), "<n@h1.12.0>");
  EXPECT_EQ(text_of_hex("7877046E406831000000012A05F20000000007"), "#Port<0.5000000000>");
  EXPECT_EQ(text_of_hex("7877046E4068320000000000000007 00000001"), "#Port<n@h2.7>");
}

TEST(TermText, PrintsReferencesInErlangsOrderOfWords) {
  EXPECT_EQ(text_of_hex("72000377046E406831020000000A0000000B0000000C"), "#Ref<0.12.11.10>");
  EXPECT_EQ(text_of_hex("5A000577046E406831000000630000000100000002000000030000000400000005"),
            "#Ref<0.5.4.3.2.1>");
  EXPECT_EQ(text_of_hex("6577046E4068310000000901"), "#Ref<0.9>");
}

TEST(TermText, PrintsClosuresAsErlangDoes) {
  EXPECT_EQ(text_of_hex("70 0000004F 02 28E804104BFFD29CBBB0BB69DF4E01C5 00000000 00000001"
                        "64000973686F705F63617274 6100 6201474020"
                        "5864000D6E6F6E6F6465406E6F686F7374000000090000000000000000 612A"),
            "#Fun<shop_cart.0.21446688>");
}

TEST(TermText, QuotesWordsThatALaterReleaseReserved) {
  EXPECT_EQ(atom_text("maybe"), "'maybe'");
  EXPECT_EQ(atom_text("else"), "'else'");
  EXPECT_EQ(atom_text("maybe_not"), "maybe_not");
}

TEST(TermText, PrintsFunctionsWithQuotedNames) {
  EXPECT_EQ(mfa_text("Elixir.Shop.Cart", "init", 1), "'Elixir.Shop.Cart':init/1");
  EXPECT_EQ(mfa_text("gen_server", "handle-it", 3), "gen_server:'handle-it'/3");
}

TEST(TermText, EndsLongTermsWithAnEllipsis) {
  const auto word = TermBuilder().atom("abcdefghij").take();
  EXPECT_EQ(text_of(word, 10), "abcdefghij");
  EXPECT_EQ(text_of(word, 9), "abcdef…");
  EXPECT_EQ(text_of(word, 3), "…");
  TermBuilder numbers;
  numbers.list(100000);
  for (int i = 0; i < 100000; ++i) numbers.integer(i + 1000);
  EXPECT_EQ(text_of(numbers.nil().take(), 12), "[1000,100…");
}

TEST(TermText, NeverCutsACharacterInTwo) {
  TermBuilder label;
  label.binary("ääääääääää");
  const auto bytes = label.take();
  for (std::size_t size = 3; size < 40; ++size) {
    const std::string text = text_of(bytes, size);
    EXPECT_LE(text.size(), size);
    EXPECT_EQ(valid_utf8(text), text);
  }
  EXPECT_EQ(text_of(bytes, 12), "<<\"äää…");
}

TEST(TermText, CutsWithinLongStringsAndBinaries) {
  EXPECT_EQ(text_of(TermBuilder().string(std::string(100000, 'x')).take(), 10), "\"xxxxxx…");
  EXPECT_EQ(text_of(TermBuilder().binary(std::string(100000, 'x')).take(), 10), "<<\"xxxx…");
  EXPECT_EQ(text_of(TermBuilder().binary(std::string(100000, '\1')).take(), 10), "<<1,1,1…");
  EXPECT_EQ(text_of(TermBuilder().binary(std::string(100000, '\x80')).take(), 10), "<<128,1…");
}

TEST(TermText, ConsumesTheWholeTermEvenWhereItIsCut) {
  const auto bytes = TermBuilder().string("a long label").atom("next").take();
  Cursor cursor(bytes);
  term_text(cursor, "n@h1", 5);
  EXPECT_TRUE(cursor.take_atom("next"));
}

TEST(TermText, StopsAtItsDepth) {
  TermBuilder deep;
  for (int i = 0; i < 1000; ++i) deep.tuple(1);
  const std::string text = text_of(deep.integer(1).take());
  EXPECT_EQ(text.substr(0, 3), "{{{");
  EXPECT_NE(text.find("..."), std::string::npos);
}

TEST(TermText, IsEmptyForMalformedBytes) {
  EXPECT_EQ(text_of_hex("6802 6101"), "");
  EXPECT_EQ(text_of_hex(""), "");
  EXPECT_EQ(text_of_hex("FF"), "");
}

TEST(IntegerText, IsExactWhateverTheSize) {
  std::string power = "6F 00000101 00";  // 1 bsl 2048
  for (int i = 0; i < 256; ++i) power += "00";
  const std::string text = text_of_hex(power + "01");
  EXPECT_EQ(text.size(), 617u);
  EXPECT_EQ(text.substr(0, 20), "32317006071311007300");
  EXPECT_EQ(text.substr(text.size() - 10), "9596230656");
  std::string huge = "6F 00000FA0 00";
  for (int i = 0; i < 4000; ++i) huge += "01";
  EXPECT_EQ(text_of_hex(huge), "#Integer<4000 bytes>");
}

TEST(Utf8, RefusesWhatIsNoCharacter) {
  for (const auto* bytes : {"\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\x80", "\xFF", "\xF0\x9F\x98"}) {
    std::string_view text(bytes);
    EXPECT_FALSE(take_utf8(text));
    EXPECT_EQ(text.size(), std::string_view(bytes).size());
  }
}

TEST(Utf8, WritesWhatItReads) {
  for (const std::uint32_t c : {0x24u, 0xE4u, 0x65E5u, 0x1F600u, 0x10FFFFu}) {
    std::string text;
    append_utf8(text, c);
    std::string_view view(text);
    EXPECT_EQ(take_utf8(view), c);
    EXPECT_TRUE(view.empty());
  }
}

}  // namespace
}  // namespace beamtape
