%% A server that keeps everything it was ever told: its state is the log of all events.
%%
%% At 3 a.m.: memory of processes rises since the deploy. Nobody's mailbox is long, no table is large.
%%
%% Cause: `order_history` adds each event to a list in its state "for debugging", and nothing takes one out.
%%
%% Where it shows: `order_history`: memory and total_heap_size rise from collection to collection. In
%% erlang:memory(): `processes`.
%%
%% Ceiling: max_events events (1 000 000 of 24 words are about 190 MB).
-module(event_log).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{rate => 5000,  % events per second
      words => 24,   % of each, roughly
      max_events => 1000000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, history_sup}, ?MODULE,
                          {history_sup, maps:merge(defaults(), Options)}).

init({history_sup, #{max_events := Max, words := Words} = Options}) ->
    Event = fun(Visit) ->
                    gen_server:cast(order_history, {event, Visit, lists:seq(1, Words div 2)})
            end,
    {ok, {#{strategy => one_for_one},
          [#{id => order_history,
             start => {gen_server, start_link, [{local, order_history}, ?MODULE, order_history, []]}},
           traffic:child(checkout, Options#{limit => Max}, Event)]}};
init(order_history) ->
    {ok, []}.

handle_call(count, _From, Events) ->
    {reply, length(Events), Events}.

handle_cast({event, _Number, _Fields} = Event, Events) ->
    {noreply, [Event | Events]}.
