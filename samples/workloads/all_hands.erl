%% More work than there are schedulers: every report is calculated anew for every tenant, at once.
%%
%% At 3 a.m.: everything is slow, and nothing stands out: no mailbox, no table, no single process.
%%
%% Cause: `report_pool` starts a worker for each tenant, and none of them ever waits for anything.
%%
%% Where it shows: run_queue against schedulers_online; reductions of the group of its workers.
%%
%% Ceiling: `workers` processes that calculate.
-module(all_hands).
-behaviour(supervisor).

-export([start/1, defaults/0]).
-export([init/1]).
-export([start_worker/1, calculate/2]).

defaults() ->
    #{workers => 30,
      pause_ms => 1,  % between two reports of a worker
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, report_pool}, ?MODULE, maps:merge(defaults(), Options)).

init(#{workers := Workers, pause_ms := Pause}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => {worker, N}, start => {?MODULE, start_worker, [Pause]}} || N <- lists:seq(1, Workers)]}}.

start_worker(Pause) ->
    {ok, spawn_link(?MODULE, calculate, [Pause, []])}.

calculate(Pause, _Report) ->
    Report = lists:foldl(fun(N, Sum) -> (Sum * 31 + N) rem 65521 end, 1, lists:seq(1, 200000)),
    timer:sleep(rand:uniform(Pause)),
    calculate(Pause, Report).
