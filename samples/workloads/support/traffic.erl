%% The world outside a workload: customers, devices and cron jobs that arrive at a steady rate.
%%
%% A traffic process calls its visit function once per arrival, with the arrival's number from 1.
%% It keeps the average rate exact whatever the timers do, never makes up for more than a second
%% of lost time, and falls silent for good once `limit` arrivals have been (the ceiling of the
%% workload). Its random numbers depend on the seed and its name alone.
-module(traffic).
-behaviour(gen_server).

-export([child/3, start_link/3]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(TICK_MS, 20).

%% A child specification. Options: `rate` per second, `seed`, and `limit` if there is an end.
child(Name, Options, Visit) ->
    #{id => Name, start => {?MODULE, start_link, [Name, Options, Visit]}}.

start_link(Name, Options, Visit) ->
    gen_server:start_link({local, Name}, ?MODULE, {Name, Options, Visit}, []).

init({Name, #{rate := Rate, seed := Seed} = Options, Visit}) ->
    rand:seed(exsss, {Seed, erlang:phash2(Name), 1}),
    {ok, _} = timer:send_interval(?TICK_MS, arrive),
    {ok, #{rate => Rate,
           limit => maps:get(limit, Options, infinity),
           visit => Visit,
           visits => 0,
           owed => 0,
           last => erlang:monotonic_time(microsecond)}}.

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

handle_cast(Request, State) ->
    {stop, {unexpected, Request}, State}.

%% `owed` counts millionths of an arrival, so that no rate is too slow for the tick.
handle_info(arrive, #{rate := Rate, owed := Owed, last := Last} = State) ->
    Now = erlang:monotonic_time(microsecond),
    Total = min(Owed + Rate * (Now - Last), Rate * 1000000),
    {noreply, visit(Total div 1000000, State#{owed := Total rem 1000000, last := Now})}.

visit(0, State) ->
    State;
visit(_Due, #{visits := Limit, limit := Limit} = State) ->
    State;
visit(Due, #{visits := Visits, visit := Visit} = State) ->
    Visit(Visits + 1),
    visit(Due - 1, State#{visits := Visits + 1}).
