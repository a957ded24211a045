#include "recorder/display.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "schema/terminal/text.h"

namespace beamtape {
namespace {

std::string iso_time(std::int64_t wall_us) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(wall_us / 1'000'000)),
                     wall_us / 1000 % 1000);
}

}  // namespace

std::string live_line(const Status& status) {
  const SnapshotRecord& snapshot = status.snapshot;
  std::string line =
      fmt::format("#{} {:%H:%M:%S}Z  {}{} processes  {}  {} ms on the node", snapshot.id,
                  fmt::gmtime(static_cast<std::time_t>(snapshot.began_wall_us / 1'000'000)),
                  status.one_of_several ? status.node + "  " : "", grouped(snapshot.processes),
                  size_text(status.file_bytes), snapshot.target_us / 1000);
  if (status.stretched) {
    line += fmt::format("  every {:.1f} s to keep the budget",
                        static_cast<double>(snapshot.interval_us) / 1e6);
  }
  if (snapshot.filling) line += "  filling: the first reading of all is spread over several";
  if (snapshot.not_read != 0) line += fmt::format("  {} not read", grouped(snapshot.not_read));
  if (!snapshot.not_answered.empty()) line += "  incomplete: " + snapshot.not_answered;
  return line;
}

std::string json_line(const Status& status) {
  const SnapshotRecord& snapshot = status.snapshot;
  const nlohmann::ordered_json json = {
      {"snapshot", snapshot.id},
      {"node", status.node},
      {"from", iso_time(snapshot.began_wall_us)},
      {"to", iso_time(snapshot.ended_wall_us)},
      {"interval_us", snapshot.interval_us},
      {"processes", snapshot.processes},
      {"detailed", snapshot.detailed},
      {"not_read", snapshot.not_read},
      {"stale_found", snapshot.stale_found},
      {"filling", snapshot.filling},
      {"not_answered", snapshot.not_answered.empty()
                           ? nlohmann::ordered_json(nullptr)
                           : nlohmann::ordered_json(snapshot.not_answered)},
      {"target_us", snapshot.target_us},
      {"took_us", status.took.count()},
      {"received_bytes", snapshot.received_bytes},
      {"file_bytes", status.file_bytes},
  };
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace beamtape
