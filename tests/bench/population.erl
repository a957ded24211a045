%% A node of gen_servers, of which a share works at every step: what the benchmarks record. An active
%% one changes its reductions and its heap or what it holds; one in ten of them also begins or ends a
%% link or a monitor to another; one in fifty is left with messages that it does not read for a step.
-module(population).
-behaviour(gen_server).
-export([start/2, step/2, replace/1, memory_pass/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

%% start(N, Seed): N of them, of seven kinds, which differ in what they hold.
start(N, Seed) ->
  rand:seed(exsss, Seed),
  ets:new(?MODULE, [named_table, public, {heir, whereis(init), none}]),
  [start_one(Slot) || Slot <- lists:seq(1, N)],
  ets:insert(?MODULE, {size, N}),
  %% A million that hold as much as these take 25 GB.
  persistent_term:put(?MODULE, if N > 500000 -> 1; true -> 5 end),
  ok.

%% Share of the processes, in thousandths, work once. Returns how many.
step(0, _) -> 0;
step(Share, Seed) ->
  rand:seed(exsss, Seed),
  [{size, N}] = ets:lookup(?MODULE, size),
  step(1, N, Share / 1000, 0).

step(Slot, N, _, Count) when Slot > N -> Count;
step(Slot, N, Share, Count) ->
  [{Slot, Pid}] = ets:lookup(?MODULE, Slot),
  Other = ets:lookup_element(?MODULE, rand:uniform(N), 2),
  gen_server:cast(Pid, {work, rand:uniform(1 bsl 30), Other}),
  step(Slot + pause(Share), N, Share, Count + 1).

%% Slots from one active process to the next.
pause(Share) when Share >= 1 -> 1;
pause(Share) -> 1 + trunc(math:log(rand:uniform()) / math:log(1 - Share)).

%% Share of the processes, in thousandths, end and are followed by others.
replace(Share) ->
  [{size, N}] = ets:lookup(?MODULE, size),
  [begin
     Slot = rand:uniform(N),
     exit(ets:lookup_element(?MODULE, Slot, 2), kill),
     start_one(Slot)
   end || _ <- lists:seq(1, N * Share div 1000)],
  ok.

memory_pass() -> length([process_info(P, memory) || P <- processes()]).

start_one(Slot) ->
  {ok, Pid} = gen_server:start(?MODULE, Slot, []),
  ets:insert(?MODULE, {Slot, Pid}).

init(Slot) ->
  process_flag(trap_exit, true),
  {ok, {lists:seq(1, Slot rem 7 * 20), none}}.

handle_call(_, _, State) -> {reply, ok, State}.

handle_cast({work, Lot, Other}, {Held, Friend}) ->
  _ = lists:reverse(lists:seq(1, 1 + Lot rem 300)),
  Now = case Lot rem 3 of
          0 -> lists:seq(1, Lot rem 97 * (1 + Lot rem persistent_term:get(?MODULE)));
          _ -> Held
        end,
  case Lot rem 50 of
    0 -> self() ! wait, self() ! nothing, self() ! nothing;
    _ -> ok
  end,
  {noreply, {Now, befriend(Lot rem 20, Friend, Other)}}.

handle_info(wait, State) -> timer:sleep(1000), {noreply, State};
handle_info(_, State) -> {noreply, State}.

befriend(Lot, none, Other) when Lot =/= 0, Lot =/= 10; Other =:= self() -> none;
befriend(0, none, Other) ->
  try link(Other), {linked, Other} catch error:noproc -> none end;
befriend(10, none, Other) -> {watched, monitor(process, Other)};
befriend(Lot, {linked, Other}, _) when Lot rem 10 =:= 0 -> unlink(Other), none;
befriend(Lot, {watched, Ref}, _) when Lot rem 10 =:= 0 -> demonitor(Ref, [flush]), none;
befriend(_, Friend, _) -> Friend.
