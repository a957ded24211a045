%% Processes that are dear or impossible to read, and what reading them costs them.
-module(live_victims).
-export([links/1, binaries/1, messages/1, load/1, block/3, gather/0, fill/0, empty/0, full_for_an_instant/1]).
-export([refused/0, log/2, hunt/0, rest/0]).
-export([watch/0, held/1, reductions/1, remember/0, gone/0, strangers/0]).
-export([hold_scheduler/1, hold_dirty/1]).

%% A process linked to Count others.
links(Count) ->
    victim(fun() -> [spawn_link(live_population, sleep, []) || _ <- lists:seq(1, Count)], ok end).

%% One that holds Count binaries, none of which is another's part.
binaries(Count) ->
    victim(fun() ->
        put(binaries, [binary:copy(<<N:32, 0:600>>) || N <- lists:seq(1, Count)]),
        garbage_collect()
    end).

messages(Count) ->
    Pid = live_population:idle(),
    [Pid ! N || N <- lists:seq(1, Count)],
    known(Pid).

victim(Setup) ->
    Self = self(),
    Pid = spawn(fun() -> Setup(), Self ! ready, live_population:sleep() end),
    receive ready -> live_population:settle([Pid]) end,
    known(Pid).

known(Pid) ->
    persistent_term:put({?MODULE, victims}, [Pid | victims()]),
    live_text:reference(Pid).

victims() -> persistent_term:get({?MODULE, victims}, []).

%% Path of the native functions, without `.so`.
load(Path) -> ok =:= erlang:load_nif(binary_to_list(Path), 0).

hold_scheduler(_) -> erlang:nif_error(not_loaded).
hold_dirty(_) -> erlang:nif_error(not_loaded).

%% A process that holds that scheduler, or a dirty one, for so long. Answers before it begins.
block(Function, Scheduler, Milliseconds) ->
    Pid = spawn_opt(fun() ->
        receive begin_now -> ok end,
        apply(?MODULE, binary_to_atom(Function), [Milliseconds]),
        live_population:sleep()
    end, [{scheduler, Scheduler}]),
    erlang:send_after(200, Pid, begin_now),
    live_text:reference(Pid).

%% The first scheduler gets all work from now on: the emulator does so with little of it, but only
%% looks after so many million reductions.
gather() ->
    {_, Reference} = spawn_opt(fun() ->
        [begin
            lists:foreach(fun erlang:bump_reductions/1, lists:duplicate(1100, 4000)),
            timer:sleep(5)
        end || _ <- lists:seq(1, 100)]
    end, [monitor, {scheduler, 1}]),
    receive {'DOWN', Reference, _, _, normal} -> true end.

%% As many processes as the node can have; empty/0 ends them.
fill() ->
    Owner = spawn(fun() ->
        process_flag(priority, high),
        group_leader(self(), self()),
        fill_loop(0)
    end),
    register(live_filler, Owner),
    ok = logger:add_handler(?MODULE, ?MODULE, #{config => {counters:new(1, []), Owner}}),
    Owner ! {full, self()},
    receive {filled, Count} -> Count end.

fill_loop(Count) ->
    try spawn_link(live_population, sleep, []) of
        _ -> fill_loop(Count + 1)
    catch
        error:system_limit -> full(Count)
    end.

%% Takes each process that somebody else gives back.
full(Count) ->
    receive
        {full, From} -> From ! {filled, Count}, full(Count);
        stop -> exit(over)
    after 1 ->
        fill_loop(Count)
    end.

%% Processes that the node had to refuse to others since then, each of which it logs.
refused() ->
    {ok, #{config := {Counter, _}}} = logger:get_handler_config(?MODULE),
    counters:get(Counter, 1).

log(#{meta := #{gl := Owner}}, #{config := {_, Owner}}) -> ok;
log(#{level := error}, #{config := {Counter, _}}) -> counters:add(Counter, 1, 1);
log(_, _) -> ok.

%% After so many milliseconds there is no process to spare for an instant.
full_for_an_instant(Delay) ->
    timer:sleep(Delay),
    {Owner, Reference} = spawn_monitor(fun() ->
        process_flag(priority, high),
        group_leader(self(), self()),
        fill_loop(0)
    end),
    Owner ! {full, self()},
    receive {filled, _} -> timer:sleep(20) end,
    Owner ! stop,
    receive {'DOWN', Reference, _, _, _} -> true end.

empty() ->
    Reference = monitor(process, live_filler),
    live_filler ! stop,
    receive {'DOWN', Reference, _, _, _} -> true end.

%% From now on the node says for how long each victim keeps a scheduler. A process that only answers
%% a question does not run by that; system_monitor's long_schedule does not see it, a trace does.
watch() ->
    Watcher = spawn(fun() -> register(live_watcher, self()), watch(#{}, #{}) end),
    [erlang:trace(Pid, true, [running, monotonic_timestamp, {tracer, Watcher}])
     || Pid <- victims()],
    live_text:reference(Watcher).

watch(Since, Held) ->
    receive
        {trace_ts, Pid, in, _, Time} ->
            watch(Since#{Pid => Time}, Held);
        {trace_ts, Pid, out, _, Time} ->
            case erlang:convert_time_unit(Time - map_get(Pid, Since), native, millisecond) of
                0 -> watch(Since, Held);
                Took -> watch(Since, Held#{Pid => [Took | maps:get(Pid, Held, [])]})
            end;
        {held, Pid, From} ->
            From ! {held, maps:get(Pid, Held, [])},
            watch(Since, Held)
    end.

%% Milliseconds, each time that it was one or more.
held(Text) ->
    live_watcher ! {held, pid(Text), self()},
    receive {held, Times} -> Times end.

reductions(Text) -> element(2, process_info(pid(Text), reductions)).

pid(Text) -> list_to_pid(binary_to_list(Text)).

%% Ends whoever works on the chunk of a question, as a watchdog may that thinks it too large; not who
%% waits for it. rest/0 ends that.
hunt() -> register(live_hunter, spawn(fun hunting/0)).

hunting() ->
    [exit(Pid, kill) || Pid <- processes(),
        [{initial_call, {erl_eval, expr, 5}}, {status, running}] =:=
            process_info(Pid, [initial_call, status])],
    hunting().

rest() -> exit(whereis(live_hunter), kill).

%% All processes there are; who of them is not any more; who is here and was not then.
remember() ->
    persistent_term:put(?MODULE, erlang:processes()),
    texts(erlang:processes()).
gone() -> texts(persistent_term:get(?MODULE) -- erlang:processes()).
strangers() -> texts(erlang:processes() -- persistent_term:get(?MODULE)).

texts(Pids) -> [live_text:reference(Pid) || Pid <- Pids].
