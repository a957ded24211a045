%% Makes allocators.json: one snapshot of a node's allocators as the recorder stores it, and what
%% recon_alloc says about the same snapshot. Needs recon's ebin in the path; the test needs only
%% the result.
%%
%%     erl -noshell +S 4 -pa EBIN -run make_allocators main >allocators.json
-module(make_allocators).
-export([main/0]).

main() ->
    Kept = churn(),
    recon_alloc:snapshot(),
    {_, Allocators} = recon_alloc:snapshot_get(),
    io:put_chars(json(#{rows => [row(A, N, P) || {{A, N}, P} <- Allocators, A =/= erts_mmap],
                        current => views(current), max => views(max),
                        cache_hit_rates => [value(R) || R <- recon_alloc:cache_hit_rates()]})),
    io:nl(),
    true = length(Kept) > 0,
    halt().

%% Leaves holes in carriers, carriers in pools, and large blocks of every kind.
churn() ->
    Parent = self(),
    Pids = [spawn(fun() -> work(Parent, N) end) || N <- lists:seq(1, 400)],
    [receive {ready, Pid} -> ok end || Pid <- Pids],
    [exit(Pid, kill) || {N, Pid} <- lists:enumerate(Pids), N rem 3 =/= 0],
    timer:sleep(300),
    Pids.

work(Parent, N) ->
    Table = ets:new(t, []),
    ets:insert(Table, [{K, lists:seq(1, K rem 50)} || K <- lists:seq(1, 50 * (N rem 20))]),
    Binaries = [binary:copy(<<N>>, 100 + 977 * (K * N rem 300)) || K <- lists:seq(1, 20)],
    Heap = lists:seq(1, 200 * (N rem 500)),
    Parent ! {ready, self()},
    receive never -> {Table, Binaries, Heap} end.

views(Moment) ->
    #{used => recon_alloc:memory(used, Moment),
      allocated => recon_alloc:memory(allocated, Moment),
      unused => recon_alloc:memory(unused, Moment),
      usage => recon_alloc:memory(usage, Moment),
      fragmentation => [value(R) || R <- recon_alloc:fragmentation(Moment)],
      sbcs_to_mbcs => [value(R) || R <- recon_alloc:sbcs_to_mbcs(Moment)],
      average_block_sizes => [value(R) || R <- recon_alloc:average_block_sizes(Moment)]}.

value({{Allocator, Instance}, Value}) when is_list(Value) ->
    maps:merge(#{allocator => Allocator, instance => Instance}, maps:from_list(Value));
value({{Allocator, Instance}, Value}) ->
    #{allocator => Allocator, instance => Instance, ratio => Value};
value({Allocator, Values}) -> maps:put(allocator, Allocator, maps:from_list(Values)).

row(mseg_alloc, N, Props) ->
    Kind = proplists:get_value(memkind, Props),
    {_, Hits} = lists:keyfind(cache_hits, 1, proplists:get_value(status, Kind)),
    {_, Giga, Ones} = lists:keyfind(mseg_alloc, 1, proplists:get_value(calls, Kind)),
    #{allocator => mseg_alloc, instance => N, cache_hits => Hits,
      calls_mseg_alloc => Giga * 1000000000 + Ones};
row(Allocator, N, Props) ->
    lists:foldl(fun(Section, Row) ->
                        maps:merge(Row, section(Section, proplists:get_value(Section, Props, [])))
                end, #{allocator => Allocator, instance => N}, [mbcs, mbcs_pool, sbcs]).

section(Section, Items) ->
    maps:from_list(
      [{name([Section, Key, Suffix]), element(At, Item)}
       || Key <- [blocks, blocks_size, carriers_size],
          Item <- [lists:keyfind(Key, 1, Items)], Item =/= false,
          {At, Suffix} <- [{2, ''}, {4, max}], At =< tuple_size(Item)]).

name(Parts) ->
    list_to_atom(lists:append(lists:join("_", [atom_to_list(P) || P <- Parts, P =/= '']))).

json(Map) when is_map(Map) ->
    ["{", lists:join(",", [[$", atom_to_list(K), "\":", json(V)]
                             || {K, V} <- lists:sort(maps:to_list(Map))]), "}"];
json(List) when is_list(List) -> ["[", lists:join(",\n", [json(V) || V <- List]), "]"];
json(Atom) when is_atom(Atom) -> [$", atom_to_list(Atom), $"];
json(Number) when is_float(Number) -> float_to_list(Number, [{scientific, 17}]);
json(Number) -> integer_to_list(Number).
