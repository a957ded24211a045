%% Runaway recursion: one bad row makes a price calculation run for ever and eat a core.
%%
%% At 3 a.m.: one scheduler at 100 %, memory grows, prices time out. The node is not overloaded;
%% one process is lost.
%%
%% Cause: a category's discount adds its parent's. Since the last import "garden" is below
%% "outdoor" and "outdoor" below "garden", so the recursion never meets the top; it is not a tail
%% call, so each round leaves a frame on the stack.
%%
%% Where it shows: price_calculator is always running or runnable, has more reductions per
%% second than the rest together, its stack_size and memory climb, its current_stacktrace is
%% discount/3 over and over, its message_queue_len counts the prices nobody waits for any more.
%%
%% Ceiling: at max_mb of memory, after a minute, it goes on in circles without growing (a garbage
%% collection needs up to twice that again for a moment); after max_shoppers nobody asks any more.
-module(runaway).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([ask/1]).

defaults() ->
    #{rate => 5,             % prices asked for per second
      bad_shopper => 15,     % which shopper asks for the garden chair
      max_mb => 100,
      max_shoppers => 1000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, pricing_sup}, ?MODULE,
                          {pricing_sup, maps:merge(defaults(), Options)}).

init({pricing_sup, #{bad_shopper := Bad, max_mb := Max, max_shoppers := Shoppers} = Options}) ->
    Arrive = fun(N) -> proc_lib:spawn(?MODULE, ask, [wanted(N, Bad)]) end,
    {ok, {#{strategy => one_for_one},
          [#{id => price_calculator,
             start => {gen_server, start_link,
                       [{local, price_calculator}, ?MODULE, {price_calculator, Max}, []]}},
           traffic:child(shoppers, Options#{limit => Shoppers}, Arrive)]}};
init({price_calculator, Max}) ->
    {ok, #{max_words => Max * 1024 * 1024 div erlang:system_info(wordsize),
           price_list => [{{article, N}, N} || N <- lists:seq(1, 4000)]}}.

wanted(Bad, Bad) -> garden;
wanted(_, _) -> lists:nth(rand:uniform(3), [novels, books, media]).

ask(Category) ->
    try gen_server:call(price_calculator, {discount, Category})
    catch exit:{timeout, _} -> gave_up
    end.

handle_call({discount, Category}, _From, Calculator) ->
    {reply, discount(Category, Calculator, 0), Calculator}.

handle_cast(_Request, Calculator) ->
    {noreply, Calculator}.

discount(top, _Calculator, _Depth) ->
    0;
discount(Category, #{price_list := Prices} = Calculator, Depth) ->
    _ = lists:keymember(Category, 1, Prices),  % does it have a price of its own?
    check_ceiling(Category, Calculator, Depth),
    percent(Category) + discount(parent(Category), Calculator, Depth + 1).

parent(novels) -> books;
parent(books) -> media;
parent(media) -> top;
parent(garden) -> outdoor;
parent(outdoor) -> garden.

percent(Category) ->
    erlang:phash2(Category, 5).

check_ceiling(Category, #{max_words := Max} = Calculator, Depth) when Depth rem 10000 =:= 9999 ->
    {total_heap_size, Words} = process_info(self(), total_heap_size),
    Words < Max orelse go_in_circles(Category, Calculator);
check_ceiling(_Category, _Calculator, _Depth) ->
    true.

go_in_circles(Category, #{price_list := Prices} = Calculator) ->
    _ = lists:keymember(Category, 1, Prices),
    go_in_circles(parent(Category), Calculator).
