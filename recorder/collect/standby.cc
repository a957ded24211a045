#include "recorder/collect/standby.h"

namespace beamtape {
namespace {

// Each is told of the end of the connection even if that came before it asked to be told.
const Question kStandby{
    .name = "standby",
    .keys = "case erlang:system_info(schedulers_online) of 1 -> []; _ -> [1, 2] end",
    .answer = R"([spawn_opt(fun() ->
    Peer = node(Dst),
    erlang:monitor_node(Peer, true),
    (fun Wait() -> receive {nodedown, Peer} -> ok after 500 -> Wait() end end)()
  end, [{scheduler, Scheduler}]) || Scheduler <- Part])",
    .chunk = 2,
};

}  // namespace

Expected<void> stand_by(Asker& asker, RecordedNode& node) {
  node.standby.clear();
  if (auto prepared = asker.prepare(kStandby); !prepared) return prepared;
  if (auto asked = asker.ask(kStandby); !asked) return tl::unexpected(asked.error());
  for (;;) {
    const auto answer = asker.next(kSilence);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->is_over()) return {};
    if (answer->outcome != Answer::Outcome::kOk) continue;
    Cursor cursor = answer->payload();
    Cells cells = node.cells();
    ListReader pids(cursor);
    while (pids.next()) {
      const Cell pid = cells.ref(cursor);
      if (!is_missing(pid)) node.standby.push_back(pid);
    }
  }
}

}  // namespace beamtape
