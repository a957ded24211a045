%% A mailbox that builds up: the audit log writes slower than the order workers report.
%%
%% At 3 a.m.: memory climbs, orders still go through, the audit trail is minutes behind. Somebody
%% put an fsync into the log last week; in staging nobody orders fast enough to notice.
%%
%% Cause: the workers cast, so nothing tells them to slow down. `audit_log` needs cost_ms for a
%% line and they send `rate` lines a second; whatever does not fit waits in its mailbox.
%%
%% Where it shows: audit_log's message_queue_len rises in a straight line and its memory with it,
%% while its current_stacktrace is always write_and_sync/2. Its senders look innocent.
%%
%% Ceiling: the workers stop reporting while max_queue messages wait (100 000 are about 60 MB).
-module(mailbox_flood).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{rate => 1000,         % lines per second, all workers together
      workers => 4,
      cost_ms => 2,         % what the log needs for a line, at least
      max_queue => 100000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, orders_sup}, ?MODULE,
                          {orders_sup, maps:merge(defaults(), Options)}).

init({orders_sup, #{workers := Workers, rate := Rate, max_queue := Max} = Options}) ->
    Log = #{id => audit_log,
            start => {gen_server, start_link,
                      [{local, audit_log}, ?MODULE, {audit_log, Options}, []]}},
    Share = Options#{rate := max(1, Rate div Workers)},
    {ok, {#{strategy => one_for_one},
          [Log | [traffic:child(worker(N), Share, fun(Order) -> take_order(Order, N, Max) end)
                  || N <- lists:seq(1, Workers)]]}};
init({audit_log, #{cost_ms := Cost}}) ->
    {ok, #{cost_ms => Cost, written => 0}}.

worker(N) ->
    list_to_atom("order_worker_" ++ integer_to_list(N)).

take_order(Order, Worker, Max) ->
    {message_queue_len, Waiting} = process_info(whereis(audit_log), message_queue_len),
    Waiting < Max andalso gen_server:cast(audit_log, {write, audit_line(Order, Worker)}).

audit_line(Order, Worker) ->
    #{order => Order,
      worker => Worker,
      customer => rand:uniform(10000),
      items => [{article, rand:uniform(500), quantity, 1} || _ <- [1, 2, 3]],
      at => erlang:system_time(millisecond)}.

handle_call(written, _From, #{written := Written} = Log) ->
    {reply, Written, Log}.

handle_cast({write, Line}, #{cost_ms := Cost, written := Written} = Log) ->
    ok = write_and_sync(Line, Cost),
    {noreply, Log#{written := Written + 1}}.

write_and_sync(_Line, Cost) ->
    timer:sleep(Cost),
    ok.
