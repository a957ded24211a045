#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyzer/load/value.h"
#include "schema/model/table_data.h"
#include "schema/store/records.h"
#include "schema/tables/table.h"

namespace beamtape {

// Whose child each process is at one snapshot, from what the process itself was spawned with, so
// that no supervisor has to be asked. In this order, and only among processes that live and are
// not younger than the child (a pid or a name may have come back):
//   parent        who spawned it: of a supervisor's child the supervisor (OTP 25)
//   ancestor      the nearest of `$ancestors`: before OTP 25, or where the one between has ended
//   link          the only older process that it is linked to: a guess
//   group_leader  nobody: below its application, which its group leader tells
//   nothing       not even that
enum class FoundBy : std::uint8_t { kParent, kAncestor, kLink, kGroupLeader, kNothing };

const char* found_by_name(FoundBy found_by);

inline constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

struct Place {
  std::size_t parent = kNobody;       // a slot; kNobody: below `application`
  std::size_t application = kNobody;  // position in NodeRecord::applications; of each that has one
  FoundBy found_by = FoundBy::kNothing;
  bool is_master = false;  // it is the master of `application`, whose whole tree is below it
};

// One for each slot, meaningless where nobody lives. Follows no circle, whatever the rows say.
// `texts` are those of the rows' keyframe group. Linear in processes and links.
std::vector<Place> find_places(const Table& process_table, const TableData& processes,
                               const Texts& texts,
                               const std::vector<NodeRecord::Application>& applications);

}  // namespace beamtape
