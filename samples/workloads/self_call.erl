%% A server that ends up asking itself, over two hops and a global name, and so waits for ever.
%%
%% At 3 a.m.: the till has not closed. It is alive, does nothing, and its customers wait.
%%
%% Cause: `till`, a gen_statem, asks `switchboard` for the day's total when it closes; the switchboard asks whoever is
%% responsible, by a global name, and since the last change that is the till.
%%
%% Where it shows: both are inside a call: a circle of waits; the customers pile up behind the till.
%%
%% Ceiling: `max_customers` customers wait.
-module(self_call).
-behaviour(gen_statem).

-export([start/1, defaults/0]).
-export([init/1, callback_mode/0, open/3]).
-export([start_switchboard/0, pay/0]).

defaults() ->
    #{rate => 2,  % customers per second
      closes_after_s => 8,
      max_customers => 300,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, shop_sup}, ?MODULE, {shop_sup, maps:merge(defaults(), Options)}).

init({shop_sup, #{max_customers := Max} = Options}) ->
    Arrive = fun(_N) -> proc_lib:spawn(?MODULE, pay, []) end,
    {ok, {#{strategy => one_for_one},
          [#{id => till, start => {gen_statem, start_link, [{local, till}, ?MODULE, {till, Options}, []]}},
           #{id => switchboard, start => {?MODULE, start_switchboard, []}},
           traffic:child(customers, Options#{limit => Max}, Arrive)]}};
init({till, #{closes_after_s := Seconds}}) ->
    yes = global:register_name(responsible, self()),
    {ok, open, 0, [{state_timeout, timer:seconds(Seconds), close}]}.

callback_mode() -> state_functions.

open(state_timeout, close, Total) ->
    Total = gen_statem:call(switchboard, total),
    keep_state_and_data;
open({call, From}, total, Total) ->
    {keep_state_and_data, [{reply, From, Total}]};
open({call, From}, pay, Total) ->
    {keep_state, Total + 1, [{reply, From, paid}]}.

pay() ->
    gen_statem:call(till, pay).

start_switchboard() ->
    {ok, proc_lib:spawn_link(fun() -> register(switchboard, self()), switch() end)}.

switch() ->
    receive
        {'$gen_call', From, total} -> gen_statem:reply(From, gen_statem:call({global, responsible}, total))
    end,
    switch().
