%% A table for each basket, and nobody who deletes it.
%%
%% At 3 a.m.: `system_limit` is far, memory of ETS creeps up, no table is large. There are thousands of them.
%%
%% Cause: `basket_store` makes a table for every basket. Baskets that are paid for are deleted, those that are left
%% behind are not.
%%
%% Where it shows: tables named `basket`: their number; all of them belong to basket_store.
%%
%% Ceiling: max_baskets baskets.
-module(table_leak).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{rate => 40,       % baskets per second
      left_behind => 2, % one of so many is
      max_baskets => 50000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, basket_sup}, ?MODULE,
                          {basket_sup, maps:merge(defaults(), Options)}).

init({basket_sup, #{max_baskets := Max, left_behind := One} = Options}) ->
    Shop = fun(_Visit) -> gen_server:cast(basket_store, {open, rand:uniform(One) =/= 1}) end,
    {ok, {#{strategy => one_for_one},
          [#{id => basket_store,
             start => {gen_server, start_link, [{local, basket_store}, ?MODULE, basket_store, []]}},
           traffic:child(storefront, Options#{limit => Max}, Shop)]}};
init(basket_store) ->
    {ok, #{}}.

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

handle_cast({open, Paid}, State) ->
    Basket = ets:new(basket, [private]),
    ets:insert(Basket, [{Article, 1} || Article <- lists:seq(1, rand:uniform(5))]),
    Paid andalso erlang:send_after(200 + rand:uniform(1800), self(), {'$gen_cast', {paid, Basket}}),
    {noreply, State};
handle_cast({paid, Basket}, State) ->
    ets:delete(Basket),
    {noreply, State}.
