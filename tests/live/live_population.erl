%% A node's worth of processes that stand still: each differs from an ordinary process in one
%% respect. They are made by make/0, which returns when none of them moves any more, and live until
%% the node ends.
-module(live_population).
-behaviour(gen_server).
-export([make/0, remote/1, idle/0, many/1, busy/1, storm/1, calm/0,
         settle/1, members/0, ping/1, measured/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([sleep/0, hibernated/0, deep/1, chosen/1, middle/1, lowest/1]).

%% Makes them all. Answers their pids.
make() ->
    Makers = [fun named/0, fun labelled/0, fun suspended/0, fun hibernating/0, fun flooded/0,
              fun flooded_off_heap/0, fun linked/0, fun wide/0, fun watching/0, fun settings/0,
              fun otp/0, fun holding/0, fun large/0, fun calling_deep/0, fun elixir/0],
    remember(lists:append([Make() || Make <- Makers])).

%% Links and monitors to another node, a process that the other node started, a remote group
%% leader.
remote(NodeName) ->
    Node = binary_to_atom(NodeName),
    true = net_kernel:connect_node(Node),
    There = spawn(Node, ?MODULE, sleep, []),
    Here = start(fun() ->
        link(There),
        monitor(process, There),
        monitor(process, {live_absent, Node}),
        monitor_node(Node, true)
    end),
    FromThere = rpc:call(Node, erlang, spawn, [node(), ?MODULE, sleep, []]),
    remember([Here, FromThere]).

%% Count idle processes; every tenth is an OTP process with a label.
many(Count) ->
    Supervisor = proc_lib:spawn(?MODULE, sleep, []),
    Pids = [case N rem 10 of
                0 -> proc_lib:spawn(?MODULE, chosen, [{session, N div 20000}]);
                _ -> spawn(?MODULE, sleep, [])
            end || N <- lists:seq(1, Count)],
    settle([Supervisor, hd(Pids), lists:last(Pids)]),
    length(Pids).

%% Count processes that work and grow a little every 50 milliseconds, each in its own way.
busy(Count) ->
    length([spawn(fun() -> work(N, []) end) || N <- lists:seq(1, Count)]).

work(N, Kept) ->
    receive after 50 -> ok end,
    More = lists:seq(1, rand:uniform(N)) ++ Kept,
    work(N, lists:sublist(More, 3000)).

%% True if the other node answers, and is connected to from now on.
ping(NodeName) -> net_adm:ping(binary_to_atom(NodeName)) =:= pong.

%% True if somebody has the schedulers' working time measured.
measured() -> erlang:statistics(scheduler_wall_time) =/= undefined.

%% Processes that live 0 to 39 milliseconds, Rate at a time every millisecond or two, until calm/0.
storm(Rate) ->
    register(live_storm, spawn(fun() -> storm_loop(Rate) end)),
    true.

storm_loop(Rate) ->
    [spawn(fun() ->
         Table = ets:new(short, []),
         receive after N rem 40 -> ets:delete(Table) end
     end) || N <- lists:seq(1, Rate)],
    receive stop -> ok after 1 -> storm_loop(Rate) end.

calm() ->
    Reference = monitor(process, live_storm),
    live_storm ! stop,
    receive {'DOWN', Reference, _, _, _} -> true end.

members() ->
    live_members ! {who, self()},
    receive {members, Pids} -> [live_text:reference(Pid) || Pid <- Pids] end.

%% ---------------------------------------------------------------------------

idle() -> start(fun() -> ok end).

%% Runs Setup in a new process, which then sleeps.
start(Setup) -> start(Setup, []).
start(Setup, Options) ->
    Self = self(),
    {Pid, Monitor} = spawn_opt(fun() -> Setup(), Self ! {ready, self()}, sleep() end,
                               [monitor | Options]),
    receive
        {ready, Pid} -> demonitor(Monitor, [flush]), Pid;
        {'DOWN', Monitor, _, _, Reason} -> error(Reason)
    end.

sleep() -> receive {stop, never} -> ok end.
hibernated() -> proc_lib:hibernate(?MODULE, sleep, []).

named() ->
    [start(fun() -> register(Name, self()) end)
     || Name <- [live_named, 'name with spaces', 'Elixir.MyApp.Cache', 'наука', 'été', 'übër@host',
                 'it\'s', 'receive', '']].

labelled() ->
    Labels = [plain, 'Elixir.MyApp.Label', {user, 7}, "web worker", [1, 2, 3], 42, -1 bsl 100, 1.5,
              <<"binary label">>, <<"ünï"/utf8>>, <<0, 255, 128>>, <<>>, [],
              #{kind => session, 'Elixir.MyApp' => [a | b]}, {'Elixir.MyApp.Job', self()},
              fun erlang:self/0, "quoted \"text\" \\ \n", 'it\'s', {}],
    [start(fun() -> put('$process_label', Label) end) || Label <- Labels].

suspended() ->
    Quiet = idle(),
    Suspender = start(fun() ->
        erlang:suspend_process(Quiet),
        erlang:suspend_process(Quiet)
    end),
    [Quiet, Suspender].

hibernating() ->
    [spawn(?MODULE, hibernated, []), spawn(erlang, hibernate, [?MODULE, sleep, []])].

flooded() ->
    Long = idle(),
    Short = idle(),
    [Long ! {message, N, <<"body">>} || N <- lists:seq(1, 20000)],
    [Short ! N || N <- lists:seq(1, 500)],
    [Long, Short].

flooded_off_heap() ->
    Pid = start(fun() -> ok end, [{message_queue_data, off_heap}]),
    Binary = binary:copy(<<"x">>, 1000),
    [Pid ! {N, Binary} || N <- lists:seq(1, 300)],
    [Pid].

linked() ->
    Left = start(fun() -> process_flag(trap_exit, true) end),
    Right = start(fun() -> link(Left), put(port, open_port({spawn, "cat"}, [])) end),
    [Left, Right].

%% Lists longer than are kept.
wide() ->
    Others = [idle() || _ <- lists:seq(1, 1500)],
    Linked = start(fun() -> [link(Pid) || Pid <- Others] end),
    Watching = start(fun() -> [monitor(process, Pid) || Pid <- Others] end),
    Watched = idle(),
    Watchers = [start(fun() -> monitor(process, Watched) end) || _ <- lists:seq(1, 1200)],
    [Linked, Watching, Watched] ++ Watchers ++ Others.

watching() ->
    Watched = idle(),
    [Port | _] = erlang:ports(),
    Watcher = start(fun() ->
        monitor(process, Watched),
        monitor(process, live_named),
        monitor(process, {'Elixir.MyApp.Cache', node()}),
        monitor(port, Port),
        monitor(process, Watched)
    end),
    [Watched, Watcher].

settings() ->
    Flags = [{priority, low}, {priority, high}, {priority, max}, {min_heap_size, 5000},
             {min_bin_vheap_size, 100000}, {fullsweep_after, 3},
             {max_heap_size, 1000000},
             {max_heap_size, #{size => 500000, kill => false, error_logger => false}}],
    [start(fun() -> ok end, [Flag]) || Flag <- Flags] ++
        [start(fun() -> group_leader(self(), self()) end)].

%% Ancestors as names and as pids, a gen_server, a supervisor with a child.
otp() ->
    {ok, Top} = proc_lib:start(?MODULE, chosen, [{self(), live_top}]),
    Top ! {spawn, self()},
    receive {middle, Middle, Lowest} -> ok end,
    {ok, Server} = gen_server:start({local, live_server}, ?MODULE, server, []),
    {ok, Supervisor} = supervisor:start_link({local, live_supervisor}, ?MODULE, supervisor),
    unlink(Supervisor),
    Children = [Pid || {_, Pid, _, _} <- supervisor:which_children(Supervisor)],
    [Top, Middle, Lowest, Server, Supervisor | Children].

chosen({Parent, Name}) when is_pid(Parent) ->
    register(Name, self()),
    proc_lib:init_ack(Parent, {ok, self()}),
    receive
        {spawn, From} ->
            {ok, Middle} = proc_lib:start_link(?MODULE, middle, [self()]),
            Middle ! {spawn, self()},
            receive {lowest, Lowest} -> From ! {middle, Middle, Lowest} end
    end,
    sleep();
chosen(Label) ->
    put('$process_label', Label),
    sleep().

middle(Parent) ->
    proc_lib:init_ack(Parent, {ok, self()}),
    receive
        {spawn, From} ->
            {ok, Lowest} = proc_lib:start_link(?MODULE, lowest, [self()]),
            From ! {lowest, Lowest}
    end,
    sleep().

lowest(Parent) ->
    proc_lib:init_ack(Parent, {ok, self()}),
    sleep().

init(server) -> {ok, state};
init(supervisor) ->
    Child = #{id => child, start => {gen_server, start_link, [?MODULE, server, []]}},
    {ok, {#{}, [Child, Child#{id => second}]}}.

handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(_, State) -> {noreply, State}.

%% Binaries kept alive: whole ones, and a small part of a large one.
holding() ->
    [start(fun() ->
         put(whole, [binary:copy(<<"x">>, 1000 * N) || N <- lists:seq(1, 20)]),
         put(part, binary:part(binary:copy(<<"y">>, 1000000), 10, 100)),
         garbage_collect()
     end),
     start(fun() -> put(numbers, lists:seq(1, 200000)), garbage_collect() end)].

%% A heap above 8 MiB, whose dictionary the recorder does not copy.
large() -> [start(fun() -> put(numbers, lists:seq(1, 2000000)) end)].

calling_deep() ->
    Pid = spawn(?MODULE, deep, [3]),
    [Pid].

deep(0) -> lists:map(fun(_) -> sleep() end, [1]);
deep(N) -> [N | deep(N - 1)].

elixir() ->
    [ 'Elixir.MyApp.Worker':start() ].

%% ---------------------------------------------------------------------------

%% Keeps who belongs to the population, and waits until they stand still.
remember(Pids) ->
    case whereis(live_members) of
        undefined -> register(live_members, spawn(fun() -> keep([]) end));
        _ -> ok
    end,
    live_members ! {add, Pids},
    settle(Pids),
    length(Pids).

keep(Pids) ->
    receive
        {add, More} -> keep(More ++ Pids);
        {who, From} -> From ! {members, Pids}, keep(Pids)
    end.

%% Two looks that find the same: nothing moves on its own there.
settle(Pids) -> settle(Pids, []).
settle(Pids, Before) ->
    case [process_info(Pid, [reductions, status, message_queue_len]) || Pid <- Pids] of
        Before -> true;
        Now -> receive after 20 -> settle(Pids, Now) end
    end.
