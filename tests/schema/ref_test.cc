#include "schema/model/ref.h"

#include <gtest/gtest.h>

namespace beamtape {
namespace {

TEST(Ref, PrintsAndReadsBackPids) {
  const auto pid = unpack(pack_pid(123, 4));
  EXPECT_EQ(ref_text(pid), "<0.123.4>");
  EXPECT_EQ(parse_ref("<0.123.4>"), pid);
  EXPECT_EQ(parse_ref("0.123.4"), pid);
}

TEST(Ref, PrintsAndReadsBackPorts) {
  const Ref port{Ref::Tag::kPort, 7};
  EXPECT_EQ(ref_text(port), "#Port<0.7>");
  EXPECT_EQ(parse_ref("#Port<0.7>"), port);
}

TEST(Ref, KeepsTheLargestPid) {
  const auto pid = unpack(pack_pid(0xFFFFFFFF, (1U << 29) - 1));
  EXPECT_EQ(parse_ref(ref_text(pid)), pid);
}

TEST(Ref, HasNoTextOfItsOwnForATextReference) { EXPECT_EQ(ref_text({Ref::Tag::kText, 9}), ""); }

TEST(Ref, ReadsAnUnknownTagAsATextThatNobodyHas) { EXPECT_EQ(unpack(7), Ref{}); }

TEST(Ref, ReadsNothingElse) {
  for (const char* text : {"", "<", "<>", "<0.1>", "<1.2.3>", "<0.1.2", "0.1.2>", "<0.1.2>x",
                           "<0.-1.2>", "<0.4294967296.0>", "<0.1.536870912>", "#Port<0.>",
                           "#Port<0.1", "#Port<1.1>", "shop", "99999999999999999999"}) {
    EXPECT_EQ(parse_ref(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace beamtape
