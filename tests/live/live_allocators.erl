%% Allocator instances as the node itself answers. Of a statistic {Key, Current, MaxSinceLastRead,
%% MaxEver} the second and the fourth; blocks summed over their types.
-module(live_allocators).
-export([rows/0]).

rows() ->
    Names = erlang:system_info(alloc_util_allocators) ++ [mseg_alloc, sys_alloc],
    lists:append([instances(Name, erlang:system_info({allocator, Name})) || Name <- Names]).

instances(_, false) -> [];
instances(Name, Answer) ->
    [#{keys => [iolist_to_binary(io_lib:format("~w/~w", [Name, Number]))],
       row => maps:from_list([{allocator, atom_to_binary(Name)}, {instance, Number} |
                              instance(Name, Items)])}
     || {instance, Number, Items} <- Answer].

instance(mseg_alloc = Name, Items) ->
    Kind = proplists:get_value(memkind, Items),
    Status = proplists:get_value(status, Kind),
    value(cached_segments, cached_segments, Status) ++ value(cache_hits, cache_hits, Status) ++
        value(segments_watermark, segments_watermark, Status) ++
        both(segments, segments, Status) ++ both(segments_size, segments_size, Status) ++
        calls(Name, proplists:get_value(calls, Kind));
instance(sys_alloc, _) -> [];  % has options only
instance(Name, Items) ->
    carriers(Name, "mbcs", proplists:get_value(mbcs, Items)) ++
        carriers(Name, "mbcs_pool", proplists:get_value(mbcs_pool, Items)) ++
        carriers(Name, "sbcs", proplists:get_value(sbcs, Items)) ++
        calls(Name, proplists:get_value(calls, Items)).

%% A section that the instance does not have has no values.
carriers(_, _, undefined) -> [];
carriers(Name, Section, Items) ->
    Column = fun(Rest) -> list_to_atom(Section ++ "_" ++ Rest) end,
    Types = [{Type, {find(count, Numbers), find(size, Numbers)}}
             || {Type, Numbers} <- proplists:get_value(blocks, Items)],
    Sum = fun(What, At) -> lists:sum([at(At, element(What, Both)) || {_, Both} <- Types]) end,
    Blocks = [{Column("blocks"), Sum(1, 2)}, {Column("blocks_size"), Sum(2, 2)},
              {Column("foreign_blocks"),
               [#{type => atom_to_binary(Type), count => at(2, Count), size => at(2, Size)}
                || {Type, {Count, Size}} <- Types, Type =/= Name]}],
    Most = [{Column("blocks_max"), Sum(1, 4)}, {Column("blocks_size_max"), Sum(2, 4)}],
    Blocks ++ [Pair || Section =/= "mbcs_pool", Pair <- Most] ++
        both(Column("carriers"), carriers, Items) ++
        both(Column("carriers_size"), carriers_size, Items) ++
        value(Column("mseg_alloc_carriers"), mseg_alloc_carriers, Items) ++
        value(Column("sys_alloc_carriers"), sys_alloc_carriers, Items) ++
        value(Column("mseg_alloc_carriers_size"), mseg_alloc_carriers_size, Items) ++
        value(Column("sys_alloc_carriers_size"), sys_alloc_carriers_size, Items).

calls(Name, Calls) ->
    Own = lists:sublist(atom_to_list(Name), length(atom_to_list(Name)) - length("_alloc")),
    [{call(Own, atom_to_list(Call)), Giga * 1000000000 + Ones} || {Call, Giga, Ones} <- Calls].

%% {eheap_alloc, 0, 17} is the allocator's own alloc; {mseg_alloc, 0, 1} what it took elsewhere.
call("mseg", Call) -> list_to_atom("calls_" ++ Call);
call(Kind, Call) ->
    list_to_atom("calls_" ++ case string:prefix(Call, Kind ++ "_") of nomatch -> Call; Rest -> Rest end).

both(Column, Key, Items) ->
    case find(Key, Items) of
        {_, Current, _, Most} ->
            [{Column, Current}, {list_to_atom(atom_to_list(Column) ++ "_max"), Most}];
        {_, Current} -> [{Column, Current}];
        false -> []
    end.

value(Column, Key, Items) ->
    case find(Key, Items) of
        false -> [];
        Tuple -> [{Column, element(2, Tuple)}]
    end.

find(Key, Items) -> lists:keyfind(Key, 1, Items).

at(Position, Tuple) when tuple_size(Tuple) >= Position -> element(Position, Tuple);
at(_, _) -> 0.
