%% A child that crashes and is restarted several times a second: its partner is not there.
%%
%% At 3 a.m.: payments fail, yet the supervisor says all its children are alive, and each time one
%% looks, they are.
%%
%% Cause: `payment_gateway` connects to a bank whose firewall rule was removed, is refused, and
%% crashes, as it should. Somebody once raised the restart intensity to "make it robust", so the
%% supervisor restarts it for ever instead of giving up and letting the node say so.
%%
%% Where it shows: the name payment_gateway belongs to another pid in nearly every snapshot, never
%% older than a second, always with the same parent payments_sup; the process count is flat.
%% payments_sup's reductions grow, which a supervisor's should not; payment_ledger is untouched.
%%
%% Ceiling: none needed, nothing is kept.
-module(restart_loop).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

%% The bank: nobody listens on tcpmux.
-define(BANK, {{127, 0, 0, 1}, 1}).

defaults() ->
    #{rate => 4,  % crashes per second
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, payments_sup}, ?MODULE,
                          {payments_sup, maps:merge(defaults(), Options)}).

init({payments_sup, #{rate := Rate} = Options}) ->
    {ok, {#{strategy => one_for_one, intensity => 10 * Rate, period => 1},
          [server(payment_ledger, Options), server(payment_gateway, Options)]}};
init({payment_ledger, _Options}) ->
    {ok, #{booked => 0}};
init({payment_gateway, #{rate := Rate}}) ->
    erlang:send_after(1000 div Rate, self(), connect),
    {ok, disconnected}.

server(Name, Options) ->
    #{id => Name,
      start => {gen_server, start_link, [{local, Name}, ?MODULE, {Name, Options}, []]}}.

handle_call(state, _From, State) ->
    {reply, State, State}.

handle_cast(_Request, State) ->
    {noreply, State}.

handle_info(connect, disconnected) ->
    {Address, Port} = ?BANK,
    case gen_tcp:connect(Address, Port, [binary], 1000) of
        {ok, Socket} -> {noreply, {connected, Socket}};
        {error, Reason} -> {stop, {bank_unreachable, Reason}, disconnected}
    end.
