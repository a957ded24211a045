#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "analyzer/findings/observed.h"

namespace beamtape {

// Who belongs to whom, as the last snapshot shows it: what a finding `involves` (finding.h).

// Rows of the last snapshot that are of a group of processes, some hundred of them.
std::vector<std::size_t> members_of_group(const Observed& observed, const std::string& group);

// What at least half of some things have to do with: "process <0.1.2>", "group shop_cart". Of each
// thing its `relatives`, pids as cells.
std::vector<std::string> shared_by_most(const Observed& observed,
                                        const std::vector<std::unordered_set<Cell>>& relatives);

// The same of the members of a group of processes, over who started them, stands above them or is
// linked to them. Some hundred of them are looked at.
std::vector<std::string> kin_of_group(const Observed& observed, const std::string& group);

// The same of the ETS tables of a (folded) name, over their owners.
std::vector<std::string> owners_of_tables(const Observed& observed, const std::string& folded_name);

}  // namespace beamtape
