%% Everybody asks one server, and it thinks before each answer.
%%
%% At 3 a.m.: every page takes seconds, the machine is idle, no mailbox is alarming.
%%
%% Cause: `exchange_rates` calls another system for each question, one after the other, while dozens of request
%% processes wait inside gen_server:call.
%%
%% Where it shows: exchange_rates: who waits for it; its stack.
%%
%% Ceiling: `clients` callers, each with one call at a time.
-module(one_desk).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([client/1, start_client/2]).

defaults() ->
    #{clients => 60,
      cost_ms => 40,   % of each answer
      pause_ms => 50,  % between a client's questions
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, exchange_sup}, ?MODULE,
                          {exchange_sup, maps:merge(defaults(), Options)}).

init({exchange_sup, #{clients := Count} = Options}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => exchange_rates,
             start => {gen_server, start_link,
                       [{local, exchange_rates}, ?MODULE, {exchange_rates, Options}, []]}}
           | [#{id => {client, N}, start => {?MODULE, start_client, [N, Options]}}
              || N <- lists:seq(1, Count)]]}};
init({exchange_rates, #{cost_ms := Cost}}) ->
    {ok, Cost}.

handle_call(rate, _From, Cost) ->
    timer:sleep(Cost),
    {reply, {eur, usd, 1.09}, Cost}.

handle_cast(Request, State) ->
    {stop, {unexpected, Request}, State}.

start_client(N, #{seed := Seed} = Options) ->
    {ok, spawn_link(fun() -> rand:seed(exsss, {Seed, N, 1}), client(Options) end)}.

client(#{pause_ms := Pause} = Options) ->
    timer:sleep(rand:uniform(2 * Pause)),
    {eur, usd, _} = gen_server:call(exchange_rates, rate, infinity),
    client(Options).
