%% Six healthy nodes that no rule was made after; `story` says which.
%%
%% 1  `nightly` calculates for ten seconds, holding up to `size` MiB, and is done.
%% 2  A pool of ten becomes one of fifty while it works, because the morning's load comes.
%% 3  `deployer` loads a new version of a module every few seconds.
%% 4  Three workers fill their heaps up to `size` MiB within `life_s` seconds and drop it, out of step with each other.
%% 5  `log_writer` keeps lines until they are `size` MiB, writes them to a file, and begins anew.
%% 6  `cache` keeps each row for `life_s` seconds: it fills up, and is as large as it will be from then on.
%%
%% Ceiling: each has one.
-module(calm).
-behaviour(gen_server).

-import(pacing, [next/2, again/2]).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(MIB, 1048576).

defaults() ->
    #{story => 1,
      rate => 300,    % rows or lines per second
      size => 40,     % MiB
      after_s => 20,  % until something happens
      life_s => 15,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, calm_sup}, ?MODULE, {calm_sup, maps:merge(defaults(), Options)}).

init({calm_sup, #{story := Story} = Options}) ->
    {ok, {#{strategy => one_for_one}, children(Story, Options)}};
init({nightly, #{after_s := Seconds} = Options}) ->
    next(1000 * Seconds, Options#{until => erlang:monotonic_time(second) + Seconds + 10, pages => []});
init({pool, #{after_s := Seconds} = Options}) ->
    [new_worker() || _ <- lists:seq(1, 10)],
    next(1000 * Seconds, Options#{more => 40});
init({deployer, Options}) ->
    next(3000, Options#{version => 1});
init({cruncher, Options}) ->
    next(rand:uniform(5000), Options#{pages => [], kept => 0});
init({log_writer, Options}) ->
    next(50, Options#{lines => [], bytes => 0});
init({cache, Options}) ->
    ets:new(cache_rows, [named_table, ordered_set, protected]),
    next(50, Options#{row => 0});
init(worker) ->
    {ok, #{work => lists:seq(1, 20000)}}.

children(1, Options) -> [server(nightly, nightly, Options)];
children(2, Options) -> [server(pool, pool, Options)];
children(3, Options) -> [server(deployer, deployer, Options)];
children(4, Options) ->
    [server(Name, cruncher, Options) || Name <- [cruncher_a, cruncher_b, cruncher_c]];
children(5, Options) -> [server(log_writer, log_writer, Options)];
children(6, Options) -> [server(cache, cache, Options)].

server(Name, What, Options) ->
    #{id => Name, start => {gen_server, start_link, [{local, Name}, ?MODULE, {What, Options}, []]}}.

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

handle_cast(_Work, #{work := Numbers} = State) ->
    {noreply, State#{work := lists:reverse(Numbers)}}.

%% nightly: 20 pieces of work a second and a page for each, 200 pages in all.
handle_info(next, #{until := Until, pages := Pages, size := Size} = State) ->
    _ = lists:foldl(fun(N, Sum) -> (Sum * 31 + N) rem 65521 end, 1, lists:seq(1, 300000)),
    case erlang:monotonic_time(second) < Until of
        true -> again(1, State#{pages := lists:sublist([page(Size * ?MIB div 200) | Pages], 200)});
        false -> {noreply, State#{pages := []}}
    end;
handle_info(next, #{more := 0} = State) ->
    {noreply, State};
handle_info(next, #{more := More} = State) ->
    gen_server:cast(new_worker(), work),
    again(100, State#{more := More - 1});
handle_info(next, #{version := Version} = State) ->
    {ok, Module, Code} = compile:forms(forms(Version)),
    {module, Module} = code:load_binary(Module, "greeting.erl", Code),
    code:purge(Module),
    again(4000, State#{version := Version + 1});
handle_info(next, #{pages := Pages, kept := Kept, size := Size, life_s := Life} = State) ->
    Each = Size * ?MIB div (10 * Life),
    case Kept >= Size * ?MIB of
        true -> again(100, State#{pages := [], kept := 0});
        false -> again(100, State#{pages := [page(Each) | Pages], kept := Kept + Each})
    end;
handle_info(next, #{lines := Lines, bytes := Bytes, size := Size, rate := Rate} = State) ->
    New = [binary:copy(<<"a line of a log ">>, 512) || _ <- lists:seq(1, Rate div 20)],
    case Bytes >= Size * ?MIB of
        true ->
            ok = file:write_file("/dev/null", Lines),
            again(50, State#{lines := New, bytes := iolist_size(New)});
        false ->
            again(50, State#{lines := [New | Lines], bytes := Bytes + iolist_size(New)})
    end;
handle_info(next, #{row := Row, rate := Rate, life_s := Life} = State) ->
    Each = Rate div 20,
    [ets:insert(cache_rows, {N, lists:seq(1, 30)}) || N <- lists:seq(Row + 1, Row + Each)],
    [ets:delete(cache_rows, N - Life * Rate) || N <- lists:seq(Row + 1, Row + Each)],
    again(50, State#{row := Row + Each}).

new_worker() ->
    {ok, Worker} = gen_server:start_link(?MODULE, worker, []),
    Worker.

%% A list of so many bytes.
page(Bytes) -> lists:seq(1, Bytes div 16).

forms(Version) ->
    [{attribute, 1, module, greeting},
     {attribute, 1, export, [{hello, 1}]},
     {function, 1, hello, 1,
      [{clause, 1, [{integer, 1, N}], [], [{integer, 1, N + Version}]} || N <- lists:seq(1, 2000)]}].
