#include "recorder/collect/scheduler_time.h"

namespace beamtape {
namespace {

// The holder is told of the end of the connection even if that came before it asked to be told.
const Question kMeasure{
    .name = "scheduler_time",
    .keys = "[flag]",
    .answer = R"(spawn(fun() ->
  Peer = node(Dst),
  erlang:monitor_node(Peer, true),
  erlang:system_flag(scheduler_wall_time, true),
  receive {nodedown, Peer} -> ok end
end))",
};

}  // namespace

Expected<void> measure_scheduler_time(Asker& asker) {
  if (auto prepared = asker.prepare(kMeasure); !prepared) return prepared;
  if (auto asked = asker.ask(kMeasure); !asked) return tl::unexpected(asked.error());
  bool held = false;
  for (;;) {
    const auto answer = asker.next(kSilence);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->is_over()) break;
    held = held || answer->outcome == Answer::Outcome::kOk;
  }
  if (held) return {};
  return fail(Error::Code::kRefused,
              "cannot measure scheduler time: the node did not start what holds the flag");
}

}  // namespace beamtape
