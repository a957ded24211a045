%% A healthy node that looks like trouble: bursts, caches, batch jobs and pools, all as they should be.
%%
%% At 3 a.m.: nothing. Whoever sees a leak in here would have woken somebody for no reason.
%%
%% Cause: everything moves, nothing grows for good. `report_worker` builds reports and drops them (its heap is a
%% sawtooth). `price_cache` fills up to its size and stays there. `mail_queue` gets a burst now and then and works
%% it off. `nightly` calculates for a while, then sleeps. Each of the pool's workers is replaced on purpose
%% when its time is up. Visitors come in waves, each a process with a table of its own, and go again.
%%
%% Where it shows: nowhere for long. `memory` of report_worker, `size` of price_cache, `message_queue_len` of
%% mail_queue, reductions of nightly, pids of pool_worker_1 to _4, the group lookalikes:visitor/2.
%%
%% Ceiling: everything here has one.
-module(lookalikes).
-behaviour(gen_server).

-import(pacing, [next/2, again/2]).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-export([visitor/2]).

-define(POOL, 4).

defaults() ->
    #{rate => 20,          % visitors per second, on the average
      cache_rows => 20000,
      cache_s => 15,       % until the cache is full
      burst => 3000,       % mails at once
      burst_every_s => 20,
      batch_s => 12,       % how long nightly calculates
      worker_life_s => 17,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, lookalikes_sup}, ?MODULE,
                          {lookalikes_sup, maps:merge(defaults(), Options)}).

init({lookalikes_sup, #{worker_life_s := Life, seed := Seed} = Options}) ->
    ets:new(price_cache, [named_table, public]),
    {ok, {#{strategy => one_for_one, intensity => 1000, period => 1},
          [server(report_worker, Options), server(cache_warmer, Options), server(mail_queue, Options),
           server(mailing, Options), server(nightly, Options), server(waves, Options)]
          ++ [server(worker_name(N), {pool, timer:seconds(Life + (Seed + 5 * N) rem 9)})
              || N <- lists:seq(1, ?POOL)]}};
init({report_worker, #{seed := Seed}}) ->
    rand:seed(exsss, Seed),
    next(200, #{});
init({cache_warmer, #{cache_rows := Rows, cache_s := Seconds}}) ->
    next(100, #{left => Rows, each => max(1, Rows div (10 * Seconds))});
init({mail_queue, _Options}) ->
    {ok, #{sent => 0}};
init({mailing, #{burst_every_s := Every} = Options}) ->
    next(timer:seconds(Every) div 2, Options#{pause => timer:seconds(Every)});
init({nightly, #{batch_s := Seconds}}) ->
    next(3000, #{until => erlang:monotonic_time(second) + 3 + Seconds});
init({waves, #{rate := Rate, seed := Seed}}) ->
    rand:seed(exsss, Seed + 1),
    next(100, #{rate => Rate, tick => 0, owed => 0.0});
init({pool, Life}) ->
    next(Life, worker).

server(Name, {pool, _} = Worker) ->
    #{id => Name, start => {gen_server, start_link, [{local, Name}, ?MODULE, Worker, []]}};
server(Name, Options) ->
    #{id => Name, start => {gen_server, start_link, [{local, Name}, ?MODULE, {Name, Options}, []]}}.

worker_name(N) -> list_to_atom("pool_worker_" ++ integer_to_list(N)).

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

%% Half a millisecond for a mail: faster than they come on the average.
handle_cast({mail, _Text}, #{sent := Sent} = State) ->
    Sent rem 4 =:= 0 andalso timer:sleep(2),
    {noreply, State#{sent := Sent + 1}}.

%% The pool's worker is done, on purpose.
handle_info(next, worker) ->
    {stop, normal, worker};
%% Builds a report of up to some MiB and forgets it.
handle_info(next, State) when State =:= #{} ->
    Pages = [lists:seq(1, 50) || _ <- lists:seq(1, 200 + rand:uniform(1500))],
    true = length(Pages) > 0,
    again(200, State);
handle_info(next, #{left := 0} = State) ->
    {noreply, State};
handle_info(next, #{left := Left, each := Each} = State) ->
    Now = min(Left, Each),
    [ets:insert(price_cache, {N, N * 17, <<"EUR">>}) || N <- lists:seq(Left - Now + 1, Left)],
    again(100, State#{left := Left - Now});
handle_info(next, #{burst := Burst, pause := Pause} = State) ->
    [gen_server:cast(mail_queue, {mail, <<"Dear customer">>}) || _ <- lists:seq(1, Burst)],
    again(Pause, State);
handle_info(next, #{until := Until} = State) ->
    calculate(200000),
    case erlang:monotonic_time(second) < Until of
        true -> again(1, State);
        false -> {noreply, State}
    end;
handle_info(next, #{rate := Rate, tick := Tick, owed := Owed} = State) ->
    Wave = Rate / 10 * (1 + 0.6 * math:sin(Tick / 25)),
    Due = trunc(Owed + Wave),
    [spawn(?MODULE, visitor, [Tick, 1000 + rand:uniform(4000)]) || _ <- lists:seq(1, Due)],
    again(100, State#{tick := Tick + 1, owed := Owed + Wave - Due}).

calculate(0) -> ok;
calculate(N) -> calculate(N - 1).

visitor(Tick, Stay) ->
    Session = ets:new(visitor_session, [private]),
    ets:insert(Session, {arrived, Tick}),
    timer:sleep(Stay).
