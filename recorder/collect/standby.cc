#include "recorder/collect/standby.h"

namespace beamtape {
namespace {

// Each is told of the end of the connection even if that came before it asked to be told.
const Question kStandby{
    .name = "standby",
    .keys = "case erlang:system_info(schedulers_online) of 1 -> []; _ -> [1] end",
    .answer = R"(begin
  Peer = node(Dst),
  Stay = fun(Scheduler, Run) ->
    spawn_opt(fun() -> erlang:monitor_node(Peer, true), Run() end, [{scheduler, Scheduler}])
  end,
  First = Stay(1, fun Wait() ->
    receive
      {nodedown, Peer} -> ok;
      {runs, From} -> From ! yes, Wait()
    after 500 -> Wait()
    end
  end),
  Spend = fun Spend(Turns, Latest) ->
    case Turns > 0 andalso erlang:monotonic_time(millisecond) < Latest of
      true ->
        catch lists:foreach(fun erlang:bump_reductions/1, lists:duplicate(20, 4000)),
        Spend(Turns - 20, Latest);
      false -> ok
    end
  end,
  Second = Stay(2, fun() ->
    (fun Wait(Unanswered) ->
      receive
        {nodedown, Peer} -> ok;
        yes -> Wait(0)
      after 500 ->
        case Unanswered of
          0 -> First ! {runs, self()};
          _ when Unanswered < 5; Unanswered rem 60 =:= 0 ->
            Spend(4000, erlang:monotonic_time(millisecond) + 200);
          _ -> ok
        end,
        Wait(Unanswered + 1)
      end
    end)(0)
  end),
  [First, Second]
end)",
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
