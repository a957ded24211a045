%% The node that capture_bench records: gen_servers, of which a share works, and what measures them.
-module(capture_target).
-behaviour(gen_server).
-export([start/1, work/1, memory_pass/0, bare_loop/0]).
-export([trace_all_else/1, stretches/0, of_processes/0, spin/1, take_memory/0]).
-export([watch/0, longest_in_wall_time/0]).
-export([enabled/3, trace/5, seen/1, interrupt/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-nifs([enabled/3, trace/5, seen/1, interrupt/1]). %% stretch_tracer.c

start(N) ->
  {ok, [[Functions]]} = init:get_argument(functions),
  ok = erlang:load_nif(Functions, 0),
  Pids = [element(2, {ok, _} = gen_server:start(?MODULE, I, [])) || I <- lists:seq(1, N)],
  persistent_term:put(?MODULE, Pids),
  done.

work(PerCent) ->
  Self = self(),
  Asked = [gen_server:cast(P, {work, Self}) || P <- persistent_term:get(?MODULE),
           rand:uniform(100) =< PerCent],
  [receive worked -> ok end || _ <- Asked],
  done.

memory_pass() -> _ = [process_info(P, memory) || P <- processes()], done.

bare_loop() ->
  loop(processes(), [reductions, message_queue_len, status, heap_size, stack_size, memory,
    total_heap_size, current_function, current_stacktrace, links, monitors, monitored_by,
    suspending, group_leader, priority, trap_exit, message_queue_data, garbage_collection]).

loop([], _) -> done;
loop(Pids, Items) ->
  {Part, Rest} = try lists:split(250, Pids) catch error:badarg -> {Pids, []} end,
  _ = lists:zipwith(fun erlang:process_info/2, Part, lists:duplicate(length(Part), Items)),
  loop(Rest, Items).

%% Whoever comes from now on, and ports: nobody of those that start/1 started.
trace_all_else(On) ->
  [erlang:trace(Who, On =:= 1, What ++ [{tracer, ?MODULE, []}])
    || {Who, What} <- [{new_processes, [running, exiting]}, {ports, [running_ports]}]],
  interrupt(On),
  done.

stretches() -> seen(0).
of_processes() -> seen(1).

%% The control: one process per scheduler that gives it away again and again.
spin(Milliseconds) ->
  Until = erlang:monotonic_time(millisecond) + Milliseconds,
  Spinning = [spawn_monitor(fun() -> spin_until(Until) end)
    || _ <- lists:seq(1, erlang:system_info(schedulers_online))],
  [receive {'DOWN', Ref, process, _, _} -> ok end || {_, Ref} <- Spinning],
  done.

spin_until(Until) ->
  _ = lists:sum(lists:seq(1, 100)),
  erlang:yield(),
  case erlang:monotonic_time(millisecond) < Until of true -> spin_until(Until); false -> ok end.

%% The second control: as much memory as the process that keeps the pids of a census takes, 4.4 words
%% for each, most of it not used before.
take_memory() ->
  Pieces = 1 + erlang:system_info(process_count) div 1000,
  {_, Ref} = spawn_opt(fun() -> take(Pieces) end,
    [monitor, {min_heap_size, Pieces * 5000 + 20000}]),
  receive {'DOWN', Ref, process, _, _} -> done end.

take(0) -> ok;
take(Pieces) -> _ = lists:seq(1, 2200), erlang:yield(), take(Pieces - 1).

watch() ->
  register(watcher, spawn(fun() ->
    erlang:system_monitor(self(), [{long_schedule, 1}, {long_gc, 1}]),
    watch(0) end)),
  done.

watch(Longest) ->
  receive
    {monitor, _, long_schedule, [_, {in, undefined}, {out, undefined}]} ->
      %% What a built-in function goes on in after a break has no name: processes/0.
      watch(Longest);
    {monitor, _, _, Info} -> watch(max(Longest, proplists:get_value(timeout, Info)));
    {From, longest} -> From ! {longest, Longest}, watch(0)
  end.

longest_in_wall_time() -> watcher ! {self(), longest}, receive {longest, Ms} -> Ms end.

enabled(_, _, _) -> erlang:nif_error(not_loaded).
trace(_, _, _, _, _) -> erlang:nif_error(not_loaded).
seen(_) -> erlang:nif_error(not_loaded).
interrupt(_) -> erlang:nif_error(not_loaded).

init(I) -> {ok, I}.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast({work, From}, S) -> _ = lists:seq(1, 50 + S rem 100), From ! worked, {noreply, S}.
handle_info(_, S) -> {noreply, S}.
