#include "analyzer/load/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace beamtape {

namespace {

constexpr std::int64_t kLongestDuration = 36'500 * kDayUs;  // no sum of units overflows

std::int64_t floor_day(std::int64_t wall_us) {
  return (wall_us >= 0 ? wall_us : wall_us - (kDayUs - 1)) / kDayUs;
}

// Takes exactly `digits` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// A fraction of a second after its dot: at most six digits count. Sets `span_us` to the last.
std::optional<std::int64_t> take_fraction(std::string_view& text, std::int64_t& span_us) {
  std::int64_t micros = 0;
  std::int64_t place = kSecondUs;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (place > 1) {
      place /= 10;
      micros += (text.front() - '0') * place;
    }
    text.remove_prefix(1);
  }
  span_us = place;
  return digits > 0 ? std::optional(micros) : std::nullopt;
}

// "12:03", "12:03:10", "12:03:10.25" from the front; `span_us` is the unit of the last digit.
std::optional<std::int64_t> take_clock(std::string_view& text, std::int64_t& span_us) {
  const auto hour = take_number(text, text.size() > 1 && text[1] == ':' ? 1 : 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t micros = (*hour * 60 + *minute) * 60 * kSecondUs;
  span_us = 60 * kSecondUs;
  if (!take(text, ':')) return micros;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  micros += *second * kSecondUs;
  span_us = kSecondUs;
  if (!take(text, '.')) return micros;
  const auto fraction = take_fraction(text, span_us);
  return fraction ? std::optional(micros + *fraction) : std::nullopt;
}

// "Z", "+02:00", "-0530", or nothing (UTC): microseconds to subtract.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const bool behind = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  take(text, ':');
  const auto minutes = text.empty() ? std::optional(0) : take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset = (*hours * 60 + *minutes) * 60 * kSecondUs;
  return behind ? -offset : offset;
}

std::optional<TimeWord> parse_instant(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  TimeWord word{TimeWord::Kind::kInstant};
  const auto clock = take_clock(text, word.span_us);
  if (!clock) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  word.value = static_cast<std::int64_t>(days) * kDayUs + *clock - *zone;
  return word;
}

std::optional<TimeWord> parse_clock(std::string_view text) {
  TimeWord word{TimeWord::Kind::kClock};
  const auto clock = take_clock(text, word.span_us);
  if (!clock || !text.empty()) return std::nullopt;
  word.value = *clock;
  return word;
}

std::optional<TimeWord> parse_snapshot(std::string_view text) {
  TimeWord word{TimeWord::Kind::kSnapshot};
  const auto end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, word.value);
  if (error != std::errc{} || rest != end || word.value < 1) return std::nullopt;
  return word;
}

std::optional<std::int64_t> unit_micros(std::string_view unit) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> kUnits{{
      {"us", 1},
      {"ms", 1000},
      {"s", kSecondUs},
      {"m", 60 * kSecondUs},
      {"min", 60 * kSecondUs},
      {"h", 3600 * kSecondUs},
      {"d", kDayUs},
  }};
  for (const auto& [name, micros] : kUnits) {
    if (name == unit) return micros;
  }
  return std::nullopt;
}

}  // namespace

std::string date_text(std::int64_t wall_us) {
  const std::chrono::sys_days day{std::chrono::days{floor_day(wall_us)}};
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string clock_text(std::int64_t wall_us, bool with_millis) {
  const std::int64_t in_day = wall_us - floor_day(wall_us) * kDayUs;
  const std::int64_t seconds = in_day / kSecondUs;
  auto text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (with_millis) text += fmt::format(".{:03}", in_day / 1000 % 1000);
  return text;
}

std::string clock_span_text(std::int64_t from_wall_us, std::int64_t to_wall_us) {
  const std::string from_day = date_text(from_wall_us), to_day = date_text(to_wall_us);
  if (from_day != to_day) {
    return fmt::format("{} {} to {} {}", from_day, clock_text(from_wall_us, false), to_day,
                       clock_text(to_wall_us, false));
  }
  for (const bool millis : {false, true}) {
    const std::string from = clock_text(from_wall_us, millis), to = clock_text(to_wall_us, millis);
    if (from != to) return from + " to " + to;
  }
  return clock_text(from_wall_us, false);
}

std::string iso_time(std::int64_t wall_us) {
  return date_text(wall_us) + "T" + clock_text(wall_us, true) + "Z";
}

Expected<std::int64_t> parse_duration(std::string_view text) {
  const auto wrong = [text] {
    return fail(Error::Code::kUsage,
                fmt::format("cannot understand the duration '{}': write it as 500ms, 90s, 10m, "
                            "2h or 1h30m",
                            text));
  };
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [after, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{} || number < 0) return wrong();
    rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
    std::size_t length = 0;
    while (length < rest.size() && rest[length] >= 'a' && rest[length] <= 'z') ++length;
    const auto unit = unit_micros(rest.substr(0, length));
    if (!unit || number > kLongestDuration / *unit) return wrong();
    total += number * *unit;
    if (total > kLongestDuration) return wrong();
    rest.remove_prefix(length);
  }
  if (text.empty()) return wrong();
  return total;
}

Expected<TimeWord> parse_time(const std::string& word) {
  if (word == "first") return TimeWord{TimeWord::Kind::kFirst};
  if (word == "last") return TimeWord{TimeWord::Kind::kLast};
  std::optional<TimeWord> parsed;
  if (!word.empty() && word[0] == '#') {
    parsed = parse_snapshot(word);
  } else if (!word.empty() && word[0] == '-') {
    const auto before = parse_duration(std::string_view(word).substr(1));
    if (before) parsed = TimeWord{TimeWord::Kind::kBeforeEnd, *before, 1};
  } else {
    parsed = parse_clock(word);
    if (!parsed) parsed = parse_instant(word);
  }
  if (parsed) return *parsed;
  return fail(Error::Code::kUsage,
              fmt::format("cannot understand the time '{}': write first, last, #12 (snapshot), "
                          "12:03:10, 2024-11-20T12:03:10Z or -90s (before the end); all in UTC",
                          word));
}

std::int64_t micros_between(const SnapshotRecord& from, const SnapshotRecord& to) {
  if (from.id > to.id) return -micros_between(to, from);
  const auto passed = to.began_mono_us - from.began_mono_us;
  return passed > 0 ? passed : to.began_wall_us - from.began_wall_us;
}

}  // namespace beamtape
