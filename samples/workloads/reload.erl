%% Somebody loads the new catalogue beside the old one: memory steps up, once, and stays.
%%
%% At 3 a.m.: an alarm on memory. It looks like a leak that began at ten past two, and is none.
%%
%% Cause: `catalogue` loads articles into a table when it is told to. What grew does not grow any more.
%%
%% Where it shows: memory_total: two levels; table `articles`.
%%
%% Ceiling: `articles` rows (100 000 are about 45 MB).
-module(reload).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

defaults() ->
    #{articles => 250000,
      after_s => 30,
      rate => 50,   % lookups per second
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, catalogue_sup}, ?MODULE,
                          {catalogue_sup, maps:merge(defaults(), Options)}).

init({catalogue_sup, Options}) ->
    Ask = fun(Visit) -> ets:lookup(articles, Visit) end,
    {ok, {#{strategy => one_for_one},
          [#{id => catalogue,
             start => {gen_server, start_link,
                       [{local, catalogue}, ?MODULE, {catalogue, Options}, []]}},
           traffic:child(storefront, Options, Ask)]}};
init({catalogue, #{after_s := Seconds} = Options}) ->
    ets:new(articles, [named_table, protected]),
    erlang:send_after(timer:seconds(Seconds), self(), load),
    {ok, Options}.

handle_call(count, _From, State) ->
    {reply, ets:info(articles, size), State}.

handle_cast(Request, State) ->
    {stop, {unexpected, Request}, State}.

handle_info(load, #{articles := Count} = State) ->
    [ets:insert(articles, {N, lists:seq(1, 20), <<"An article of the new season">>}) || N <- lists:seq(1, Count)],
    {noreply, State}.
