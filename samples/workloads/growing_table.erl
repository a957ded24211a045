%% A table that only grows: a price cache whose keys contain the time never has a hit.
%%
%% At 3 a.m.: memory has doubled since the deploy, no process is large, no mailbox is long. The
%% heaps add up to a fraction of what the node uses; the rest is one ETS table.
%%
%% Cause: `price_cache` inserts what it computed under {Article, Currency, Time} and nothing ever
%% deletes. Each lookup misses, so the cache costs memory and saves nothing.
%%
%% Where it shows: the table `prices`: size and memory rise in a straight line; its owner is
%% price_cache, whose own memory stays flat. In erlang:memory(): `ets`.
%%
%% Ceiling: max_rows rows, after which no more prices are asked for (500 000 are about 110 MB).
-module(growing_table).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{rate => 2000,  % prices asked for per second
      max_rows => 500000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, prices_sup}, ?MODULE,
                          {prices_sup, maps:merge(defaults(), Options)}).

init({prices_sup, #{max_rows := Max} = Options}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => price_cache,
             start => {gen_server, start_link, [{local, price_cache}, ?MODULE, price_cache, []]}},
           traffic:child(storefront, Options#{limit => Max}, fun ask_price/1)]}};
init(price_cache) ->
    ets:new(prices, [named_table, protected, {read_concurrency, true}]),
    {ok, #{misses => 0}}.

ask_price(_Visit) ->
    Key = {article, rand:uniform(1000), eur, erlang:unique_integer([monotonic])},
    case ets:lookup(prices, Key) of
        [{Key, Price}] -> Price;
        [] -> gen_server:cast(price_cache, {compute, Key})
    end.

handle_call(misses, _From, #{misses := Misses} = Cache) ->
    {reply, Misses, Cache}.

handle_cast({compute, {article, Article, _Currency, _Time} = Key}, #{misses := Misses} = Cache) ->
    ets:insert(prices, {Key, #{net => Article * 100, vat => Article * 19, valid => true}}),
    {noreply, Cache#{misses := Misses + 1}}.
