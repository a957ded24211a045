#include "analyzer/load/time.h"

#include <gtest/gtest.h>

#include "tests/analyzer/story.h"

namespace beamtape {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(Time, IsWrittenInUtc) {
  EXPECT_EQ(iso_time(kNoon + 10'250'000), "2024-11-20T12:00:10.250Z");
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(clock_text(kNoon, false), "12:00:00");
}

TEST(Time, EveryFormOfTheContractIsUnderstood) {
  EXPECT_EQ(parse_time("first")->kind, TimeWord::Kind::kFirst);
  EXPECT_EQ(parse_time("last")->kind, TimeWord::Kind::kLast);
  EXPECT_EQ(parse_time("#12")->value, 12);
  EXPECT_EQ(parse_time("12:03:10")->value, ((12 * 60 + 3) * 60 + 10) * kSecond);
  EXPECT_EQ(parse_time("-90s")->value, 90 * kSecond);
  EXPECT_EQ(parse_time("-1h30m")->value, 5400 * kSecond);
  EXPECT_EQ(parse_time("2024-11-20T12:00:00Z")->value, kNoon);
  EXPECT_EQ(parse_time("2024-11-20 12:00:00")->value, kNoon);
  EXPECT_EQ(parse_time("2024-11-20T14:00:00+02:00")->value, kNoon);
  EXPECT_EQ(parse_time("2024-11-20T12:00:00.25Z")->value, kNoon + kSecond / 4);
}

TEST(Time, WhatIsWrittenNamesTheWholeOfItsLastUnit) {
  EXPECT_EQ(parse_time("12:03")->span_us, 60 * kSecond);
  EXPECT_EQ(parse_time("12:03:10")->span_us, kSecond);
  EXPECT_EQ(parse_time("12:03:10.5")->span_us, kSecond / 10);
}

TEST(Time, AnythingElseIsRefusedWithTheForms) {
  for (const char* wrong : {"",
                            "#",
                            "#0",
                            "#x",
                            "#12x",
                            "24:00:00",
                            "12:60:00",
                            "12:3",
                            "noon",
                            "-90",
                            "-",
                            "-s",
                            "2024-13-01T00:00:00Z",
                            "2024-02-30T00:00:00Z",
                            "2024-11-20",
                            "2024-11-20T12:00:00X",
                            "-99999999999999999999s",
                            "-9999999999d",
                            "12:03:10.",
                            "12:03:10 "}) {
    const auto parsed = parse_time(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, Error::Code::kUsage);
    EXPECT_NE(parsed.error().message.find("12:03:10"), std::string::npos);
  }
}

}  // namespace
}  // namespace beamtape
