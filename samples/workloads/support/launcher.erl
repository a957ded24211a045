%% Turns a fresh `erl` into the node of a workload. Started by `run`; not part of any story.
%%
%% The workload becomes an ordinary OTP application whose top supervisor is what its start/1
%% returns, so the recording shows an application, its master and its supervision tree. Arguments:
%% the workload's module, the node's name, seconds to run (0: until stopped), then KEY=VALUE for
%% the keys of its defaults/0. Wrong ones are told in a line on stderr and end with exit code 2,
%% a node that cannot be started with 1.
-module(launcher).
-behaviour(application).

-export([main/0, start/2, stop/1]).

main() ->
    [Module, Node, Seconds | Settings] = init:get_plain_arguments(),
    Workload = list_to_atom(Module),
    Options = maps:from_list([setting(Setting, Workload:defaults()) || Setting <- Settings]),
    go_online(Node),
    run(Workload, Options),
    stop_after(list_to_integer(Seconds)),
    io:format("~s is running; record it with: beamtape-recorder ~s -o ~s.beamtape -i 1s -n 20~n",
              [node(), node(), hd(string:split(Node, "@"))]).

setting(Setting, Defaults) ->
    {Key, Value} = split(Setting),
    case [Known || Known <- maps:keys(Defaults), atom_to_list(Known) =:= Key] of
        [Known] -> {Known, whole_number(Key, Value)};
        [] -> fail(2, "cannot set ~ts: the parameters are~ts",
                   [Key, maps:fold(fun listed/3, "", Defaults)])
    end.

split(Setting) ->
    case string:split(Setting, "=") of
        [Key, Value] -> {Key, Value};
        [Word] -> fail(2, "cannot understand ~ts: expected KEY=VALUE", [Word])
    end.

listed(Key, Default, Text) ->
    io_lib:format("~ts ~ts=~b", [Text, Key, Default]).

whole_number(Key, Value) ->
    case string:to_integer(Value) of
        {Number, ""} when Number > 0 -> Number;
        _ -> fail(2, "cannot set ~ts to ~ts: expected a whole number from 1", [Key, Value])
    end.

%% As `erl -sname` does, but a name that is taken ends in one line instead of a crash report. A
%% host with a dot makes it a long name.
go_online(Node) ->
    start_epmd(init:get_argument(start_epmd)),
    Domain = case lists:member($., Node) of true -> longnames; false -> shortnames end,
    #{level := Level} = logger:get_primary_config(),
    logger:set_primary_config(level, none),
    case net_kernel:start(list_to_atom(Node), #{name_domain => Domain}) of
        {ok, _} -> logger:set_primary_config(level, Level);
        {error, _} -> fail(1, "cannot start node ~ts: the name is taken, its host has no address,"
                              " or epmd cannot be reached", [Node])
    end.

%% ERL_FLAGS="-start_epmd false" keeps it from being started, as with plain `erl`.
start_epmd({ok, [["false"] | _]}) -> ok;
start_epmd(_) -> os:cmd("epmd -daemon").

run(Workload, Options) ->
    Name = list_to_atom(string:lowercase(lists:last(string:split(atom_to_list(Workload), ".")))),
    Runtime = case code:where_is_file("elixir.app") of non_existing -> []; _ -> [elixir] end,
    ok = application:load({application, Name,
                           [{description, "A Beamtape workload"},
                            {vsn, "1.0"},
                            {modules, [Workload]},
                            {registered, []},
                            {applications, [kernel, stdlib | Runtime]},
                            {mod, {?MODULE, {Workload, Options}}}]}),
    case application:ensure_all_started(Name, permanent) of
        {ok, _} -> ok;
        {error, Reason} -> fail(1, "cannot start ~ts: ~0tp", [Name, Reason])
    end.

stop_after(0) -> ok;
stop_after(Seconds) -> {ok, _} = timer:apply_after(timer:seconds(Seconds), init, stop, []).

start(_Type, {Workload, Options}) ->
    Workload:start(Options).

stop(_State) ->
    ok.

fail(Status, Format, Arguments) ->
    io:format(standard_error, "run: " ++ Format ++ "~n", Arguments),
    halt(Status).
