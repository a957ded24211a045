%% Two servers call each other and wait for ever; their callers queue up behind them.
%%
%% At 3 a.m.: no orders since 02:47. No crash, no log line, no load: the node is bored. A restart
%% helps until the next stock audit.
%%
%% Cause: `order_server` calls `stock_server` to reserve each order's goods; the stock audit, once
%% it has counted, calls order_server for the open orders. Each is right alone. When an order
%% comes in during the audit both wait for the other, and a timeout of infinity keeps it so.
%%
%% Where it shows: both servers have current_function gen:do_call/4, monitor each other and spend
%% no reductions: a cycle of waits. order_server's message_queue_len counts the customers, who wait
%% in gen:do_call/4 too. (sys:get_status/1 would only time out: it asks the one who cannot answer.)
%%
%% Ceiling: after max_customers customers nobody comes any more.
-module(deadlock).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-export([order/1]).

%% Long enough for an order to fall into it, at 5 customers a second almost surely.
-define(COUNTING_MS, 1000).

defaults() ->
    #{rate => 5,             % customers per second
      audit_after_s => 3,    % until then everything is fine
      max_customers => 500,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, warehouse_sup}, ?MODULE,
                          {warehouse_sup, maps:merge(defaults(), Options)}).

init({warehouse_sup, #{max_customers := Max} = Options}) ->
    Arrive = fun(_N) -> proc_lib:spawn(?MODULE, order, [rand:uniform(100)]) end,
    {ok, {#{strategy => one_for_one},
          [server(stock_server, Options),
           server(order_server, Options),
           traffic:child(customers, Options#{limit => Max}, Arrive)]}};
init({stock_server, #{audit_after_s := Seconds}}) ->
    erlang:send_after(timer:seconds(Seconds), self(), audit),
    {ok, #{audit_ms => timer:seconds(Seconds), stock => #{}}};
init({order_server, _Options}) ->
    {ok, #{open => 0}}.

server(Name, Options) ->
    #{id => Name,
      start => {gen_server, start_link, [{local, Name}, ?MODULE, {Name, Options}, []]}}.

order(Article) ->
    gen_server:call(order_server, {place_order, Article}, infinity).

handle_call({place_order, Article}, _From, #{open := Open} = Orders) ->
    Answer = gen_server:call(stock_server, {reserve, Article}, infinity),
    {reply, Answer, Orders#{open := Open + 1}};
handle_call({reserve, Article}, _From, #{stock := Stock} = State) ->
    Reserved = maps:get(Article, Stock, 0) + 1,
    {reply, {reserved, Reserved}, State#{stock := Stock#{Article => Reserved}}};
handle_call(open_orders, _From, #{open := Open} = Orders) ->
    {reply, Open, Orders}.

handle_cast(_Request, State) ->
    {noreply, State}.

handle_info(audit, #{audit_ms := Pause} = State) ->
    audit(State),
    erlang:send_after(Pause, self(), audit),
    {noreply, State}.

audit(#{stock := Stock}) ->
    timer:sleep(?COUNTING_MS),
    Open = gen_server:call(order_server, open_orders, infinity),
    lists:sum(maps:values(Stock)) >= Open.
