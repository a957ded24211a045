#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "recorder/term/atom_cache.h"
#include "recorder/term/builder.h"
#include "recorder/term/cursor.h"
#include "recorder/term/text.h"
#include "tests/recorder/hex.h"
#include "tests/recorder/term_goldens.h"

namespace beamtape {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMost = 1 << 20;
constexpr std::size_t kMostText = 2000;

Bytes operator+(Bytes bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// One atom in a header, at a place of 256 * segment + at; named if it is new.
struct Named {
  std::uint8_t segment = 0;
  std::uint8_t at = 0;
  std::string_view name = {};
};

Bytes header(const std::vector<Named>& atoms, bool has_long = false) {
  Bytes bytes{131, 68, static_cast<std::uint8_t>(atoms.size())};
  if (atoms.empty()) return bytes;
  Bytes flags(atoms.size() / 2 + 1);
  const auto set = [&](std::size_t at, int bits) {
    flags[at / 2] |= static_cast<std::uint8_t>(bits << (at % 2 * 4));
  };
  Bytes places;
  for (std::size_t at = 0; at < atoms.size(); ++at) {
    set(at, atoms[at].segment | (atoms[at].name.empty() ? 0 : 8));
    places.push_back(atoms[at].at);
    if (atoms[at].name.empty()) continue;
    if (has_long) places.push_back(static_cast<std::uint8_t>(atoms[at].name.size() >> 8));
    places.push_back(static_cast<std::uint8_t>(atoms[at].name.size()));
    places = std::move(places) + bytes_of(atoms[at].name);
  }
  set(atoms.size(), has_long ? 1 : 0);
  return std::move(bytes) + flags + places;
}

// "control | message" of a packet.
std::string spelled(AtomCache& cache, const Bytes& packet) {
  const auto plain = cache.spell_out(packet, kMost);
  if (!plain) return "nothing";
  if (plain->front() != kPassThrough) return "no packet";
  Cursor cursor({plain->data() + 1, plain->size() - 1});
  cursor.version();
  std::string text = term_text(cursor, "shop@host", kMostText);
  if (cursor.at_end()) return text;
  cursor.version();
  text += " | " + term_text(cursor, "shop@host", kMostText);
  return cursor.ok() && cursor.at_end() ? text : "no terms";
}

TEST(AtomCache, SpellsOutWhatIsNewAndWhatIsKnown) {
  AtomCache cache;
  const Bytes terms = from_hex("68 03 52 00 52 01 52 00");
  EXPECT_EQ(spelled(cache, header({{3, 200, "hello"}, {7, 255, "world"}}) + terms),
            "{hello,world,hello}");
  EXPECT_EQ(spelled(cache, header({{7, 255}, {3, 200}}) + terms), "{world,hello,world}");
  EXPECT_EQ(spelled(cache, header({{7, 255, "moon"}, {3, 200}}) + terms), "{moon,hello,moon}");
  EXPECT_EQ(spelled(cache, header({{3, 200}, {7, 255}, {0, 0, "x"}}) + terms),
            "{hello,moon,hello}");
  EXPECT_EQ(spelled(cache, header({}) + from_hex("61 07")), "7");
}

TEST(AtomCache, SpellsOutControlAndMessage) {
  AtomCache cache;
  EXPECT_EQ(spelled(cache, header({{0, 0, "a"}}) + from_hex("68 02 61 02 52 00 6C 00 00 00 01 52 "
                                                            "00 6A")),
            "{2,a} | [a]");
  EXPECT_EQ(spelled(cache, header({{0, 0}}) + from_hex("52 00 52 00 52 00")), "nothing");
}

TEST(AtomCache, KnowsLongNames) {
  AtomCache cache;
  const std::string longest(255, 'x');
  std::string wide;
  for (int at = 0; at < 255; ++at) wide += "日";
  const auto names = header({{0, 1, longest}, {0, 2, wide}, {0, 3, "short"}}, true);
  EXPECT_EQ(spelled(cache, names + from_hex("68 03 52 00 52 01 52 02")),
            "{" + longest + ",'" + wide + "',short}");
}

TEST(AtomCache, LeavesAllElseAsItIs) {
  for (const TermGolden& golden : kTermGoldens) {
    AtomCache cache;
    const Bytes term = from_hex(golden.hex);
    const Bytes bare(term.begin() + 1, term.end());
    const auto plain = cache.spell_out(header({}) + bare + bare, kMost);
    ASSERT_TRUE(plain) << golden.expression;
    EXPECT_EQ(*plain, Bytes{kPassThrough} + term + term) << golden.expression;
  }
}

// Pids, ports and references of all kinds, and a fun.
TEST(AtomCache, SpellsOutNamesWithinTerms) {
  AtomCache cache;
  const auto named = header({{0, 0, "shop@host"}, {0, 1, "m"}, {0, 2, "f"}});
  const std::pair<std::string_view, std::string_view> terms[] = {
      {"58 5200 00000007 00000000 00000001", "<0.7.0>"},
      {"67 5200 00000007 00000000 01", "<0.7.0>"},
      {"59 5200 00000007 00000001", "#Port<0.7>"},
      {"66 5200 00000007 01", "#Port<0.7>"},
      {"78 5200 0000000000000007 00000001", "#Port<0.7>"},
      {"5A 0001 5200 00000001 00000007", "#Ref<0.7>"},
      {"72 0001 5200 01 00000007", "#Ref<0.7>"},
      {"65 5200 00000007 01", "#Ref<0.7>"},
      {"71 5201 5202 61 02", "fun m:f/2"},
      {"74 00000001 5201 5202", "#{m => f}"},
      {"6C 00000001 5201 5202", "[m|f]"},
  };
  for (const auto& [term, text] : terms) {
    EXPECT_EQ(spelled(cache, named + from_hex(term)), text) << term;
  }
}

// A closure says how long it is, in its own bytes.
TEST(AtomCache, KeepsTheSizesOfFunsTrue) {
  const std::string fixed = "01 00112233445566778899AABBCCDDEEFF 00000003 ";
  const std::string rest = " 61 05 61 06 58 5200 00000007 00000000 00000001 ";
  // Sizes are 4 + 21 + 4 + 2 + 4 + 15, and so many more with a variable.
  const std::string inner = "70 00000034 " + fixed + "00000001 5201" + rest + "5201";
  const std::string outer = "70 00000069 " + fixed + "00000002 5201" + rest + inner + "5200";
  AtomCache cache;
  const auto plain = cache.spell_out(
      header({{0, 0, "shop@host"}, {0, 1, "module"}}) + from_hex("68 02" + outer + "5201"), kMost);
  ASSERT_TRUE(plain);
  Cursor cursor({plain->data() + 1, plain->size() - 1});
  ASSERT_TRUE(cursor.version() && cursor.tuple(2));
  const auto fun = cursor.fun();
  ASSERT_TRUE(fun);
  EXPECT_EQ(fun->module, "module");
  EXPECT_EQ(fun->uniq, 6);
  EXPECT_TRUE(cursor.take_atom("module")) << "the outer fun ends where it says";
  EXPECT_TRUE(cursor.at_end());
  // The inner one is the outer one's first variable, behind a pid that has become longer.
  const std::size_t inner_at = 2 + 2 + 30 + 8 + 4 + 1 + 11 + 12;
  Cursor inside({plain->data() + inner_at, plain->size() - inner_at});
  EXPECT_TRUE(inside.fun());
  EXPECT_TRUE(inside.take_atom("shop@host"));
}

TEST(AtomCache, IsLostWithAHeaderThatCannotBeRead) {
  const Bytes term = from_hex("5200");
  const std::pair<const char*, Bytes> broken[] = {
      {"never named", header({{0, 9}}) + term},
      {"no header", from_hex("70 83 61 01")},
      {"no atoms", from_hex("83 44")},
      {"flags cut off", from_hex("83 44 04 88")},
      {"place cut off", from_hex("83 44 01 08")},
      {"size cut off", from_hex("83 44 01 08 00")},
      {"name cut off", from_hex("83 44 01 08 00 05 61 62")},
      {"too long", header({{0, 0, std::string(1021, 'x')}}, true) + term},
      {"a fragment", from_hex("83 45 0000000000000001 0000000000000001 00 61 01")},
      {"nothing", {}},
  };
  for (const auto& [what, packet] : broken) {
    AtomCache cache;
    const auto plain = cache.spell_out(packet, kMost);
    ASSERT_FALSE(plain) << what;
    EXPECT_EQ(plain.error().code, Error::Code::kClosed) << what;
    EXPECT_FALSE(cache.learn(packet)) << what;
  }
}

TEST(AtomCache, GoesOnAfterTermsThatCannotBeRead) {
  AtomCache cache;
  const auto named = header({{0, 0, "a"}});
  const Bytes whole = from_hex(
      "68 06 5200 58 5200 00000007 00000000 00000001 6E 02 00 0102 6C 00000001 46 0000000000000000 "
      "6A 5A 0002 5200 00000001 00000007 00000008 71 5200 5200 61 02");
  ASSERT_TRUE(cache.spell_out(named + whole, kMost));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(size));
    const auto plain = cache.spell_out(named + cut, kMost);
    ASSERT_FALSE(plain) << size;
    EXPECT_EQ(plain.error().code, Error::Code::kMalformed) << size;
  }
  for (const char* bad : {"52 01", "05", "6C FFFFFFFF", "74 80000000", "69 00000009", "50 00",
                          "58 61 01 00000007 00000000 00000001", "70 00000000"}) {
    EXPECT_FALSE(cache.spell_out(named + from_hex(bad), kMost)) << bad;
  }
  EXPECT_EQ(spelled(cache, header({{0, 0}}) + from_hex("52 00")), "a");
}

TEST(AtomCache, DoesNotGrowBeyondItsBound) {
  AtomCache cache;
  Bytes list = from_hex("6C 00000100");
  for (int at = 0; at < 256; ++at) list = std::move(list) + from_hex("5200");
  list.push_back(0x6A);
  const auto packet = header({{0, 0, std::string(255, 'x')}}) + list;
  const std::size_t size = 1 + 1 + 5 + 256 * 257 + 1;
  EXPECT_EQ(cache.spell_out(packet, size).value().size(), size);
  EXPECT_EQ(cache.spell_out(packet, size - 1).error().message,
            "it is longer than the limit, 65799 bytes");
}

TEST(AtomCache, LearnsFromAPacketThatIsDropped) {
  AtomCache cache;
  EXPECT_TRUE(cache.learn(header({{1, 2, "kept"}}) + from_hex("6D FFFFFFFF 00")));
  EXPECT_EQ(spelled(cache, header({{1, 2}}) + from_hex("52 00")), "kept");
  std::vector<Named> most(255);
  const std::string longest(1020, 'x');
  for (std::size_t at = 0; at < most.size(); ++at) {
    most[at] = {0, static_cast<std::uint8_t>(at), longest};
  }
  const Bytes largest = header(most, true);
  EXPECT_EQ(largest.size(), AtomCache::kMostHeaderBytes);
  EXPECT_TRUE(cache.learn(largest));
}

}  // namespace
}  // namespace beamtape
