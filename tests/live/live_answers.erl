%% What the node itself answers, asked in its own way and not in the recorder's: one process after
%% the other, item by item. Sizes are bytes. Rows are grouped, because 100 000 idle processes give
%% few different ones: [#{keys => [Key, ...], row => #{Column => Value}}].
-module(live_answers).
-export([processes/0, ets/0, ports/0, sockets/0, schedulers/0, connections/0, node/0, quick/0]).

-import(live_text, [atom/1, callable/1, reference/1, term/1, string/1, address/1]).

%% Items read under a lock come first: asking for the others adds a reduction.
processes() ->
    Raw = [{Pid, raw(Pid)} || Pid <- erlang:processes(), Pid =/= self()],
    Groups = lists:foldl(
        fun({_, undefined}, All) -> All;
           ({Pid, Answer}, All) ->
               maps:update_with(Answer, fun(Pids) -> [Pid | Pids] end, [Pid], All)
        end, #{}, Raw),
    [#{keys => [reference(Pid) || Pid <- Pids], row => process(Answer)}
     || {Answer, Pids} <- maps:to_list(Groups)].

raw(Pid) ->
    Lock = process_info(Pid, [reductions, message_queue_len, status, heap_size, stack_size]),
    Signal = process_info(Pid, [memory, total_heap_size, current_function, current_stacktrace,
                                links, monitors, monitored_by, suspending, group_leader, priority,
                                trap_exit, message_queue_data, garbage_collection, registered_name,
                                initial_call, parent, binary, garbage_collection_info]),
    Dictionary = process_info(Pid, dictionary),
    case lists:member(undefined, [Lock, Signal, Dictionary]) of
        true -> undefined;
        false ->
            {dictionary, Entries} = Dictionary,
            {Lock, Signal, [{Key, proplists:get_value(Key, Entries, undefined)}
                            || Key <- ['$initial_call', '$ancestors', '$process_label']]}
    end.

process({Lock, Signal, Entries}) ->
    L = maps:from_list(Lock),
    S = maps:from_list(Signal),
    Initial = proplists:get_value('$initial_call', Entries),
    Ancestors = proplists:get_value('$ancestors', Entries),
    Label = proplists:get_value('$process_label', Entries),
    Plain = #{
        reductions => maps:get(reductions, L),
        message_queue_len => maps:get(message_queue_len, L),
        status => atom(maps:get(status, L)),
        heap_size => words(maps:get(heap_size, L)),
        stack_size => words(maps:get(stack_size, L)),
        memory => maps:get(memory, S),
        total_heap_size => words(maps:get(total_heap_size, S)),
        current_function => callable(maps:get(current_function, S)),
        current_stacktrace => [frame(Frame) || Frame <- maps:get(current_stacktrace, S)],
        suspending => [#{pid => reference(Pid), active => Active, outstanding => Outstanding}
                       || {Pid, Active, Outstanding} <- maps:get(suspending, S)],
        group_leader => reference(maps:get(group_leader, S)),
        priority => atom(maps:get(priority, S)),
        trap_exit => maps:get(trap_exit, S),
        message_queue_data => atom(maps:get(message_queue_data, S)),
        registered_name => atom(maps:get(registered_name, S)),
        initial_call => callable(maps:get(initial_call, S)),
        parent => reference(maps:get(parent, S)),
        dictionary_initial_call => callable(Initial),
        ancestors => case Ancestors of undefined -> null; _ -> references(Ancestors) end,
        label => term(Label),
        binary => [#{id => Id, size => Size, refc => Count}
                   || {Id, Size, Count} <- maps:get(binary, S)]},
    Related = maps:from_list([{Item, references(maps:get(Item, S))}
                              || Item <- [links, monitors, monitored_by]]),
    lists:foldl(fun maps:merge/2, Plain,
                [Related, collection(S), blocks(maps:get(garbage_collection_info, S))]).

collection(#{garbage_collection := Settings}) ->
    #{minor_gcs => proplists:get_value(minor_gcs, Settings),
      fullsweep_after => proplists:get_value(fullsweep_after, Settings),
      min_heap_size => words(proplists:get_value(min_heap_size, Settings)),
      min_bin_vheap_size => words(proplists:get_value(min_bin_vheap_size, Settings)),
      max_heap_size => words(maps:get(size, proplists:get_value(max_heap_size, Settings)))}.

blocks(Info) ->
    maps:from_list([{Key, words(proplists:get_value(Key, Info))}
                    || Key <- [heap_block_size, old_heap_block_size, old_heap_size, recent_size,
                               mbuf_size, bin_vheap_size, bin_vheap_block_size,
                               bin_old_vheap_size, bin_old_vheap_block_size]]).

frame({M, F, A, Location}) ->
    File = case lists:keyfind(file, 1, Location) of {_, Name} -> string(Name); false -> null end,
    Line = case lists:keyfind(line, 1, Location) of {_, Number} -> Number; false -> null end,
    #{function => callable({M, F, A}), file => File, line => Line}.

references(Things) -> [reference(Thing) || Thing <- Things].

words(Words) -> Words * erlang:system_info(wordsize).

%% Only what is read under a lock: touches nobody.
quick() ->
    [#{keys => [reference(Pid)], row => #{reductions => Reductions, message_queue_len => Queue}}
     || Pid <- erlang:processes(), Pid =/= self(),
        [{reductions, Reductions}, {message_queue_len, Queue}]
            <- [process_info(Pid, [reductions, message_queue_len])]].

ets() ->
    [single(term(ets:info(Table, id)), table(Table))
     || Table <- ets:all(), ets:info(Table, id) =/= undefined].

table(Table) ->
    Get = fun(Item) -> ets:info(Table, Item) end,
    Fixed = case Get(safe_fixed_monotonic_time) of {_, Pids} -> Pids; false -> [] end,
    Binaries = lists:usort([{Id, Size} || {Id, Size, _} <- Get(binary)]),
    #{name => atom(Get(name)),
      named_table => Get(named_table),
      owner => reference(Get(owner)),
      heir => reference(Get(heir)),
      size => Get(size),
      memory => words(Get(memory)),
      type => atom(Get(type)),
      protection => atom(Get(protection)),
      keypos => Get(keypos),
      compressed => Get(compressed),
      read_concurrency => Get(read_concurrency),
      write_concurrency => term(Get(write_concurrency)),
      decentralized_counters => Get(decentralized_counters),
      safe_fixed => [#{pid => reference(Pid), count => Count} || {Pid, Count} <- Fixed],
      binary_count => length(Binaries),
      binary_size => lists:sum([Size || {_, Size} <- Binaries])}.

ports() -> [single(reference(Port), port(Port)) || Port <- erlang:ports()].

port(Port) ->
    Get = fun(Item) ->
        case erlang:port_info(Port, Item) of {Item, Value} -> Value; [] -> undefined end
    end,
    {name, Name} = erlang:port_info(Port, name),
    Statistics = case lists:suffix("_inet", Name) of
        true -> {ok, All} = inet:getstat(Port), All;
        false -> []
    end,
    maps:merge(
        #{name => string(Name),
          connected => reference(Get(connected)),
          registered_name => atom(Get(registered_name)),
          input => Get(input),
          output => Get(output),
          queue_size => Get(queue_size),
          memory => Get(memory),
          os_pid => case Get(os_pid) of undefined -> null; Pid -> Pid end,
          links => references(Get(links)),
          monitors => references(Get(monitors)),
          monitored_by => references(Get(monitored_by)),
          parallelism => Get(parallelism),
          locking => case Get(locking) of false -> <<"false">>; Locking -> atom(Locking) end,
          sockname => case Statistics of [] -> null; _ -> address(inet:sockname(Port)) end,
          peername => case Statistics of [] -> null; _ -> address(inet:peername(Port)) end},
        maps:from_list([{Key, proplists:get_value(Key, Statistics, null)}
                        || Key <- [recv_oct, recv_cnt, recv_max, recv_avg, recv_dvi, send_oct,
                                   send_cnt, send_max, send_avg, send_pend]])).

sockets() ->
    [single(term(Reference), socket(Socket))
     || {'$socket', Reference} = Socket <- socket:which_sockets()].

socket(Socket) ->
    #{owner := Owner, domain := Domain, type := Type, protocol := Protocol, ctype := Created,
      rstates := Reading, wstates := Writing, num_readers := Readers, num_writers := Writers,
      num_acceptors := Acceptors, counters := Counters} = socket:info(Socket),
    Name = fun({ok, Address}) -> socket_address(Address); ({error, _}) -> null end,
    maps:merge(
        #{owner => reference(Owner),
          domain => term(Domain),
          type => term(Type),
          protocol => term(Protocol),
          ctype => term(Created),
          rstates => term(Reading),
          wstates => term(Writing),
          num_readers => Readers,
          num_writers => Writers,
          num_acceptors => Acceptors,
          sockname => Name(socket:sockname(Socket)),
          peername => Name(socket:peername(Socket))},
        maps:with([read_byte, read_pkg, read_pkg_max, read_tries, read_waits, read_fails,
                   write_byte, write_pkg, write_pkg_max, write_tries, write_waits, write_fails,
                   acc_success, acc_tries, acc_waits, acc_fails], Counters)).

socket_address(#{addr := Address, port := Port}) -> address({ok, {Address, Port}});
socket_address(#{path := Path}) -> address({ok, {local, Path}}).

schedulers() ->
    Normal = erlang:system_info(schedulers),
    Cpu = erlang:system_info(dirty_cpu_schedulers),
    Times = erlang:statistics(scheduler_wall_time_all),
    Row = fun(Id, Type, First, Last) ->
        {Active, Total} = time(Times, First, Last),
        single(integer_to_binary(Id), #{type => Type, active_time => Active, total_time => Total})
    end,
    [Row(Id, <<"normal">>, Id, Id) || Id <- lists:seq(1, Normal)] ++
        [Row(Normal + 1, <<"dirty_cpu">>, Normal + 1, Normal + Cpu),
         Row(Normal + 2, <<"dirty_io">>, Normal + Cpu + 1, 1 bsl 20)].

time(undefined, _, _) -> {null, null};
time(Times, First, Last) ->
    Mine = [{Active, Total} || {Id, Active, Total} <- Times, Id >= First, Id =< Last],
    {lists:sum([Active || {Active, _} <- Mine]), lists:sum([Total || {_, Total} <- Mine])}.

connections() ->
    [single(atom(Node), #{controller => reference(Controller),
                          type => case lists:member(Node, nodes(hidden)) of
                                      true -> <<"hidden">>;
                                      false -> <<"visible">>
                                  end})
     || {Node, Controller} <- erlang:system_info(dist_ctrl)].

node() ->
    {Switches, _} = erlang:statistics(context_switches),
    {Collections, Words, _} = erlang:statistics(garbage_collection),
    {{input, Input}, {output, Output}} = erlang:statistics(io),
    #{count := Terms, memory := TermMemory} = persistent_term:info(),
    Up = erlang:monotonic_time() - erlang:system_info(start_time),
    Memory = [{binary_to_atom(<<"memory_", (atom_to_binary(Kind))/binary>>), Bytes}
              || {Kind, Bytes} <- erlang:memory()],
    Info = [{Item, erlang:system_info(Item)}
            || Item <- [process_count, process_limit, port_count, port_limit, atom_count,
                        atom_limit, ets_count, ets_limit, schedulers_online, dist_buf_busy_limit]],
    maps:merge(
        #{run_queue => erlang:statistics(run_queue),
          run_queue_all => erlang:statistics(total_run_queue_lengths_all),
          active_tasks_all => erlang:statistics(total_active_tasks_all),
          context_switches => Switches,
          garbage_collections => Collections,
          words_reclaimed => words(Words),
          io_input => Input,
          io_output => Output,
          persistent_term_count => Terms,
          persistent_term_memory => TermMemory,
          uptime => erlang:convert_time_unit(Up, native, microsecond),
          time_offset => erlang:time_offset(microsecond),
          connections => length(erlang:system_info(dist_ctrl))},
        maps:from_list(Memory ++ Info)).

single(Key, Row) -> #{keys => [Key], row => Row}.
