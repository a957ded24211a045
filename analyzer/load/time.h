#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/store/records.h"

namespace beamtape {

// Instants as people and programs write them. All are UTC: the reader of a recording rarely sits
// where the node runs. Microseconds since the Unix epoch.

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = 86'400 * kSecondUs;

std::string iso_time(std::int64_t wall_us);                      // 2024-11-20T12:03:10.250Z
std::string date_text(std::int64_t wall_us);                     // 2024-11-20
std::string clock_text(std::int64_t wall_us, bool with_millis);  // 12:03:10 or 12:03:10.250

// "12:03:10 to 12:05:00", with milliseconds or dates where it needs them to tell the ends apart;
// one of them if they are the same.
std::string clock_span_text(std::int64_t from_wall_us, std::int64_t to_wall_us);

// What a person may write after --at, --from and --to.
struct TimeWord {
  enum class Kind {
    kFirst,
    kLast,
    kSnapshot,   // "#12": `value` is its number
    kClock,      // "12:03:10": `value` is microseconds since midnight, of a day of the recording
    kInstant,    // ISO date-time, UTC if it does not say
    kBeforeEnd,  // "-90s": `value` microseconds before the last snapshot
  };
  Kind kind = Kind::kLast;
  std::int64_t value = 0;
  // What was written names a span, "12:03:10" the whole second. Microseconds, at least 1.
  std::int64_t span_us = 1;
};

// kUsage with all the forms if `word` is none of them.
Expected<TimeWord> parse_time(const std::string& word);

// "500ms", "90s", "10m", "2h", "1d", "1h30m" in microseconds. kUsage.
Expected<std::int64_t> parse_duration(std::string_view text);

// Microseconds that passed from one snapshot to another, of one file; negative if it is earlier. By
// the recorder's monotonic clock, and by the wall clock where that began anew: a recording that was
// gone on with after the recorder's machine was booted.
std::int64_t micros_between(const SnapshotRecord& from, const SnapshotRecord& to);

}  // namespace beamtape
