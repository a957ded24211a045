#pragma once

#include <string>
#include <string_view>

namespace beamtape {

// How a finding's group or name is asked for in the filter language (analyzer/load/filter.h) and in
// a shell. Names come from a node that nobody vouches for: a command that is printed with one in it
// does nothing but what it says when somebody pastes it.

// The filter words for rows whose `column` is `text`; as printable() writes it will do, too.
std::string filter_of(const std::string& column, std::string_view text);

// The filter words for rows whose `name` fits that of a group, in which digits and pids are folded
// to `_`; empty if all of it is.
std::string group_filter(std::string_view group);

// One word of a POSIX shell, in which nothing is expanded.
std::string shell_word(std::string_view text);

// " --filter '…'" with group_filter(), as a shell takes it; empty if there is no such filter, as of
// "other", the many that are no groups of their own. "unknown" are those without a name.
std::string filter_option(std::string_view group);

}  // namespace beamtape
