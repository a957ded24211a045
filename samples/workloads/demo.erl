%% The demo node: a healthy web server beside a mailbox, a table and a deadlock gone wrong.
%%
%% At 3 a.m.: a shop that still answers, slower by the minute, and no orders any more. Three teams
%% look at three graphs; one recording of half a minute shows all three causes, and that the web
%% server is none of them.
%%
%% What is there: web.erl, mailbox_flood.erl, growing_table.erl and deadlock.erl under one
%% supervisor, strong enough to be seen in 20 seconds of one snapshot a second. Their stories,
%% causes and columns are told in their own files.
%%
%% Ceiling: the sum of theirs, about 200 MB, reached after some four minutes.
-module(demo).
-behaviour(supervisor).

-export([start/1, defaults/0]).
-export([init/1]).

defaults() ->
    #{browsers => 20,      % new browsers per second
      audit_lines => 800,  % per second; the log manages about 330
      prices => 2000,      % new rows per second
      customers => 5,      % per second
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, demo_sup}, ?MODULE, maps:merge(defaults(), Options)).

init(#{browsers := Browsers, audit_lines := Lines, prices := Prices, customers := Customers,
       seed := Seed}) ->
    {ok, {#{strategy => one_for_one},
          [part(web, #{rate => Browsers, seed => Seed}),
           part(mailbox_flood, #{rate => Lines, seed => Seed}),
           part(growing_table, #{rate => Prices, seed => Seed}),
           part(deadlock, #{rate => Customers, seed => Seed})]}}.

part(Workload, Options) ->
    #{id => Workload, type => supervisor, start => {Workload, start, [Options]}}.
