%% All that a visitor could have changed on a node, and what it must not have left behind.
-module(live_state).
-export([all/0, modules/0, outside_kernel_and_stdlib/0, boot_mode/0, measure_schedulers/0, hidden/0,
         change_ticktime/1]).

%% How many hidden nodes are connected.
hidden() -> length(nodes(hidden)).

all() ->
    #{modules => modules(),
      registered => texts(registered()),
      processes => texts(erlang:processes() -- [self()]),
      tables => texts(ets:all()),
      ports => texts(erlang:ports()),
      atoms => erlang:system_info(atom_count),
      persistent_terms => maps:get(count, persistent_term:info()),
      flags => texts([{Flag, flag(Flag)}
                      || Flag <- [fullsweep_after, min_heap_size,
                                  min_bin_vheap_size, max_heap_size, schedulers_online,
                                  dirty_cpu_schedulers_online, multi_scheduling, cpu_topology,
                                  dist_buf_busy_limit, trace_control_word, process_limit,
                                  scheduler_bind_type, time_warp_mode]]),
      scheduler_time => erlang:statistics(scheduler_wall_time) =/= undefined,
      monitor => texts([erlang:system_monitor(), erlang:system_profile()]),
      traced => texts([Who || Who <- [new_processes, new_ports | erlang:processes()],
                              {flags, [_ | _]} <- [erlang:trace_info(Who, flags)]]),
      traced_functions => texts([Match || {_, Match} <- [erlang:trace_info(on_load, all)],
                                          Match =/= false, Match =/= []]),
      mailboxes => texts([{Pid, Length}
                          || Pid <- erlang:processes(), Pid =/= self(),
                             {_, Length} <- [process_info(Pid, message_queue_len)], Length > 0]),
      logger => texts([logger:get_primary_config() | logger:get_handler_ids()]),
      code_path => texts(code:get_path()),
      nodes => texts(nodes(known))}.

modules() -> texts([Module || {Module, _} <- code:all_loaded()]).

outside_kernel_and_stdlib() ->
    Here = [code:lib_dir(Application) || Application <- [kernel, stdlib]],
    texts([Module || {Module, File} <- code:all_loaded(), is_list(File),
                     not lists:any(fun(Lib) -> lists:prefix(Lib ++ "/", File) end, Here)]).

boot_mode() -> atom_to_binary(code:get_mode()).

%% Held by a process that lives as long as the node does.
measure_schedulers() ->
    Self = self(),
    spawn(fun() ->
        erlang:system_flag(scheduler_wall_time, true),
        Self ! measured,
        live_population:sleep()
    end),
    receive measured -> true end.

%% It takes a minute for that.
change_ticktime(Seconds) -> atom_to_binary(net_kernel:set_net_ticktime(Seconds)).

flag(Item) -> erlang:system_info(Item).

texts(Terms) ->
    lists:sort([unicode:characters_to_binary(io_lib:format("~0tp", [Term])) || Term <- Terms]).
