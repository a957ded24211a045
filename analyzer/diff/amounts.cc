#include "analyzer/diff/amounts.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "analyzer/load/value.h"

namespace beamtape {

std::string amount_text(std::optional<std::int64_t> number, Unit unit) {
  return number ? display(Value(*number), unit) : "-";
}

std::string signed_text(std::optional<std::int64_t> number, Unit unit) {
  if (!number) return "-";
  if (*number == 0) return "0";
  return (*number > 0 ? "+" : "-") + amount_text(std::abs(*number), unit);
}

std::string percent_text(std::optional<double> percent) {
  return percent && *percent != 0 ? fmt::format("{:+.1f} %", *percent) : "-";
}

std::string rate_of(const Diff& diff, std::optional<std::int64_t> difference, Unit unit) {
  const auto rate = diff.per_second(difference);
  if (!rate || *difference == 0) return "-";
  if (std::abs(*rate) >= 10) return signed_text(std::llround(*rate), unit);
  return fmt::format("{:+.2f}{}", *rate, unit == Unit::kBytes ? " B" : "");
}

std::optional<double> percent_of(const GrowthPart& part) {
  if (part.a == 0) return std::nullopt;
  return 100.0 * static_cast<double>(part.difference()) / std::abs(static_cast<double>(part.a));
}

}  // namespace beamtape
