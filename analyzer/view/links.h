#pragma once

#include <string>

#include "analyzer/view/session.h"

namespace beamtape {

// Where a click on the name of something leads, by the kinds that findings and `diff` have:
// "process" (pid or name), "group", "ets" (id or name), "port" (id or name), "node", "allocator".

// Those of module `socket`, which stand beside the ports of each driver.
bool are_sockets(const std::string& kind, const std::string& id);

bool leads_somewhere(const std::string& kind);
// A process is selected; of the others the place is shown that has them, filtered to them.
void follow(Session& session, const std::string& kind, const std::string& id);
// The text as a link to it, plain where it leads nowhere.
void thing_link(Session& session, const std::string& text, const std::string& kind,
                const std::string& id);

}  // namespace beamtape
