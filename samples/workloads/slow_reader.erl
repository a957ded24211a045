%% A subscriber that has stopped reading holds up everybody who waits for the same feed.
%%
%% At 3 a.m.: customers see old prices. No error anywhere; the feed's processes do nothing.
%%
%% Cause: one of the subscribers to `price_feed` no longer reads from its socket. Once the system's buffers are
%% full the port's queue is, too, and its pusher is suspended. There is no send timeout.
%%
%% Where it shows: one port of tcp_inet: queue_size that does not drain, and its owner, suspended in
%% gen_tcp:send.
%%
%% Ceiling: what is in the queues: message_kb for each of `stuck` subscribers.
-module(slow_reader).

-export([start/1, defaults/0]).
-export([init/1]).
-export([push/3, subscribe/2]).

defaults() ->
    #{subscribers => 12,
      stuck => 2,          % of them
      stops_after_s => 5,  % that long they read
      message_kb => 600,   % the whole price list, four times a second
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, feed_sup}, ?MODULE, {feed_sup, maps:merge(defaults(), Options)}).

init({feed_sup, #{subscribers := Count, stuck := Stuck} = Options}) ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}, {sndbuf, 65536}]),
    {ok, Port} = inet:port(Listener),
    Feed = #{id => price_feed, start => {?MODULE, push, [Listener, Options, feed]}},
    {ok, {#{strategy => one_for_one},
          [Feed | [#{id => {subscriber, N},
                     start => {?MODULE, subscribe, [Port, Options#{stops => N =< Stuck}]}}
                   || N <- lists:seq(1, Count)]]}}.

%% The feed accepts, and has a pusher for each subscriber.
push(Listener, Options, feed) ->
    Pid = spawn_link(fun() -> register(price_feed, self()), accept(Listener, Options) end),
    ok = gen_tcp:controlling_process(Listener, Pid),
    {ok, Pid};
push(Socket, Message, pusher) ->
    timer:sleep(250),
    ok = gen_tcp:send(Socket, Message),
    push(Socket, Message, pusher).

accept(Listener, #{message_kb := Kb} = Options) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn_link(?MODULE, push, [Socket, binary:copy(<<"EUR 12.50 ">>, Kb * 1024 div 10), pusher]),
    ok = gen_tcp:controlling_process(Socket, Pid),
    accept(Listener, Options).

subscribe(Port, #{stops_after_s := Seconds} = Options) ->
    {ok, spawn_link(fun() ->
        {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {recbuf, 65536}]),
        Until = erlang:monotonic_time(second) + Seconds,
        read(Socket, Options#{until => Until})
    end)}.

read(Socket, #{stops := Stops, until := Until} = Options) ->
    case Stops andalso erlang:monotonic_time(second) >= Until of
        true -> timer:sleep(infinity);
        false ->
            {ok, _Prices} = gen_tcp:recv(Socket, 0),
            read(Socket, Options)
    end.
