%% Tables, ports and sockets that stand still. Each set belongs to a process of its own, which lives
%% until the node ends.
-module(live_things).
-export([tables/0, ports/1, sockets/1]).

tables() ->
    Heir = live_population:idle(),
    owner(fun() -> kinds(Heir), options(), fixed(), contents(), [] end).

kinds(Heir) ->
    [fill(ets:new(kind, [Type, Protection, {heir, Heir, data}]), 10)
     || Type <- [set, ordered_set, bag, duplicate_bag], Protection <- [private, protected, public]].

options() ->
    [fill(ets:new(Name, Options), 100)
     || {Name, Options} <- [
            {live_table, [named_table]},
            {'Elixir.MyApp.Table', [named_table, public]},
            {'таблица', [named_table]},
            {'not named', [{keypos, 2}]},
            {compressed, [compressed]},
            {compressed_ordered, [compressed, ordered_set]},
            {read, [{read_concurrency, true}]},
            {write, [public, {write_concurrency, true}]},
            {auto, [public, {write_concurrency, auto}]},
            {central, [public, {write_concurrency, true}, {decentralized_counters, false}]},
            {tree, [public, ordered_set, {write_concurrency, true}, {read_concurrency, true}]},
            {empty, []}], Name =/= empty] ++ [ets:new(empty, [])].

%% Deleted rows stay while somebody holds the table fixed.
fixed() ->
    Table = fill(ets:new(fixed, [public]), 20000),
    owner(fun() -> ets:safe_fixtable(Table, true), ets:safe_fixtable(Table, true), [] end),
    ets:safe_fixtable(Table, true),
    [ets:delete(Table, N) || N <- lists:seq(1, 500)].

%% The same binary in many rows counts once.
contents() ->
    Table = fill(ets:new(binaries, [public]), 20000),
    Shared = binary:copy(<<"s">>, 100000),
    [ets:insert(Table, {{binary, N}, Shared, binary:copy(<<"b">>, 100 + N)})
     || N <- lists:seq(1, 200)].

fill(Table, Count) ->
    ets:insert(Table, [{N, N, {row, N, <<"value">>}} || N <- lists:seq(1, Count)]),
    Table.

%% Directory: where socket files may be made.
ports(Directory) ->
    owner(fun() -> tcp(), udp(), unix(Directory), programs() end).

tcp() ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {active, false}, binary]),
    {ok, Number} = inet:port(Listener),
    register(live_listener, Listener),
    {Client, Server} = pair(Listener, {127, 0, 0, 1}, Number),
    ok = gen_tcp:send(Client, binary:copy(<<"x">>, 1000)),
    ok = gen_tcp:send(Client, binary:copy(<<"x">>, 10)),
    {ok, _} = gen_tcp:recv(Server, 1010),
    stuck(pair(Listener, {127, 0, 0, 1}, Number)),
    case gen_tcp:listen(0, [inet6, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}, {active, false}]) of
        {ok, Six} ->
            {ok, SixNumber} = inet:port(Six),
            pair(Six, {0, 0, 0, 0, 0, 0, 0, 1}, SixNumber);
        {error, _} -> no_ipv6_here
    end.

pair(Listener, Address, Number) ->
    Family = case tuple_size(Address) of 4 -> inet; 8 -> inet6 end,
    {ok, Client} = gen_tcp:connect(Address, Number, [Family, {active, false}, binary]),
    {ok, Server} = gen_tcp:accept(Listener),
    {Client, Server}.

%% Nobody reads at the other end, so the driver's queue fills.
stuck({Client, _}) ->
    ok = inet:setopts(Client, [{sndbuf, 4096}, {high_watermark, 100000}]),
    stuck(Client, binary:copy(<<"x">>, 65536)).
stuck(Client, Data) ->
    case erlang:port_info(Client, queue_size) of
        {queue_size, Size} when Size > 0 -> ok;
        _ -> erlang:port_command(Client, Data, [nosuspend]), stuck(Client, Data)
    end.

udp() ->
    {ok, One} = gen_udp:open(0, [{ip, {127, 0, 0, 1}}, {active, false}, binary]),
    {ok, Two} = gen_udp:open(0, [{ip, {127, 0, 0, 1}}, {active, false}, binary]),
    {ok, Number} = inet:port(Two),
    ok = gen_udp:send(One, {127, 0, 0, 1}, Number, <<"datagram">>),
    {ok, _} = gen_udp:recv(Two, 0).

unix(Directory) ->
    Path = filename:join(Directory, "live.sock"),
    {ok, Listener} = gen_tcp:listen(0, [{ifaddr, {local, Path}}, {active, false}]),
    {ok, _} = gen_tcp:connect({local, Path}, 0, [{active, false}]),
    {ok, _} = gen_tcp:accept(Listener).

%% One that has echoed something, one that is watched from outside.
programs() ->
    Cat = open_port({spawn_executable, os:find_executable("cat")},
                    [binary, stream, {args, ["-u"]}, {parallelism, true}]),
    Cat ! {self(), {command, <<"echo">>}},
    receive {Cat, {data, <<"echo">>}} -> ok end,
    Named = open_port({spawn, "cat"}, []),
    register('live program', Named),
    Watcher = live_population:idle(),
    [Watcher, owner(fun() -> monitor(port, Named), [] end)].

sockets(Directory) ->
    owner(fun() -> stream(), datagram(), local(Directory), [] end).

stream() ->
    Loopback = #{family => inet, addr => loopback, port => 0},
    {ok, Listener} = socket:open(inet, stream, tcp),
    ok = socket:bind(Listener, Loopback),
    ok = socket:listen(Listener),
    {ok, #{port := Number}} = socket:sockname(Listener),
    {ok, Client} = socket:open(inet, stream, tcp),
    ok = socket:connect(Client, Loopback#{port := Number}),
    {ok, Server} = socket:accept(Listener),
    ok = socket:send(Client, binary:copy(<<"x">>, 500)),
    {ok, _} = socket:recv(Server, 500),
    %% A reader that waits.
    spawn(fun() -> socket:recv(Server, 1) end).

datagram() ->
    {ok, One} = socket:open(inet, dgram, udp),
    ok = socket:bind(One, #{family => inet, addr => loopback, port => 0}),
    {ok, Address} = socket:sockname(One),
    {ok, Two} = socket:open(inet, dgram, udp),
    ok = socket:sendto(Two, <<"datagram">>, Address),
    {ok, _} = socket:recvfrom(One).

local(Directory) ->
    {ok, Socket} = socket:open(local, stream, default),
    ok = socket:bind(Socket, #{family => local, path => filename:join(Directory, "nif.sock")}),
    ok = socket:listen(Socket).

%% Runs Setup in a process that then sleeps; what it holds lives as long.
owner(Setup) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() ->
        Setup(),
        Self ! {ready, self()},
        live_population:sleep()
    end),
    receive
        {ready, Pid} -> demonitor(Monitor, [flush]), live_population:settle([Pid]);
        {'DOWN', Monitor, _, _, Reason} -> error(Reason)
    end.
