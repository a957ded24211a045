#pragma once

#include "recorder/collect/asker.h"
#include "recorder/collect/recorded_node.h"
#include "schema/error.h"

namespace beamtape {

// Keeps the node in reach while native code blocks one of its schedulers. On an otherwise idle node
// our connection lives on the run queue of the scheduler that worked last. If that one is blocked,
// nobody else is woken by what we send, and nothing is heard for as long as it lasts [measured]. So
// two processes, each bound to a scheduler of its own, wake some times a second there: whichever is
// not blocked then finds the other's run queue and takes over what is in it.
//
// Only an active run queue's scheduler does that, though, and where there is little to do the
// emulator leaves but the first active. It looks again after some million reductions
// (check_balance in erts' erl_process.c), which an idle scheduler never comes to. So the second
// process asks the first one whether it runs, and while it does not answer spends reductions, not
// time, until the emulator has looked: 16 million take 1.3 ms [measured, OTP 25].
//
// They end with this connection, as soon as their schedulers run. Puts their pids into
// node.standby, none where there is one scheduler or the release cannot bind processes. Errors as
// of Asker::next.
Expected<void> stand_by(Asker& asker, RecordedNode& node);

}  // namespace beamtape
