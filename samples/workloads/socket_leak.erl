%% Connections that are opened for each request and closed only when it succeeds.
%%
%% At 3 a.m.: `emfile`: the node can open no file and accept nobody. It was fine after the restart a week ago.
%%
%% Cause: `geo_client` connects to the address service, asks, and closes; on the path where the service answers
%% `unknown` it forgets to.
%%
%% Where it shows: ports of tcp_inet become more; most of them belong to geo_client and move no byte any more.
%%
%% Ceiling: max_lookups lookups, of which one in `unknown` leaks a connection.
-module(socket_leak).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([serve/1, answer/1]).

defaults() ->
    #{rate => 20,    % lookups per second
      unknown => 4,  % one of so many
      max_lookups => 3000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, geo_sup}, ?MODULE, {geo_sup, maps:merge(defaults(), Options)}).

init({geo_sup, #{max_lookups := Max, unknown := One} = Options}) ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}, {backlog, 256}]),
    {ok, Port} = inet:port(Listener),
    Look = fun(_Visit) -> gen_server:cast(geo_client, {look_up, Port, rand:uniform(One) =:= 1}) end,
    Service = #{id => geo_service, start => {?MODULE, serve, [Listener]}},
    {ok, {#{strategy => one_for_one},
          [Service,
           #{id => geo_client,
             start => {gen_server, start_link, [{local, geo_client}, ?MODULE, geo_client, []]}},
           traffic:child(visitors, Options#{limit => Max}, Look)]}};
init(geo_client) ->
    {ok, #{unknown => 0}}.

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

handle_cast({look_up, Port, Unknown}, #{unknown := Before} = State) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    ok = gen_tcp:send(Socket, <<"where is 203.0.113.7?">>),
    {ok, _Place} = gen_tcp:recv(Socket, 0),
    case Unknown of
        true -> {noreply, State#{unknown := Before + 1}};
        false -> ok = gen_tcp:close(Socket), {noreply, State}
    end.

%% The service, with a process for each connection. It gives up those that stay silent.
serve(Listener) ->
    Pid = spawn_link(fun() -> register(geo_service, self()), accept(Listener) end),
    ok = gen_tcp:controlling_process(Listener, Pid),
    {ok, Pid}.

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(?MODULE, answer, [Socket]),
    _ = gen_tcp:controlling_process(Socket, Pid),
    accept(Listener).

answer(Socket) ->
    case gen_tcp:recv(Socket, 0, 2000) of
        {ok, _} -> _ = gen_tcp:send(Socket, <<"somewhere">>), answer(Socket);
        {error, _} -> gen_tcp:close(Socket)
    end.
