%% The test's hand inside the node: takes commands "module function argument ..." (packets with a
%% length of four bytes) on descriptor 0 and answers with JSON on descriptor 3. Arguments are
%% numbers or, failing that, binaries. When descriptor 0 ends the node ends, so that nothing
%% outlives a test. It evaluates no expressions, so it loads nothing that the recorder might load.
-module(live_control).
-export([start/0, json/1]).

start() ->
    spawn(fun() ->
        register(live_control, self()),
        Port = open_port({fd, 0, 3}, [{packet, 4}, binary, eof]),
        port_command(Port, <<"\"ready\"">>),
        loop(Port)
    end).

loop(Port) ->
    receive
        {Port, {data, Command}} ->
            port_command(Port, obey(binary:split(Command, <<" ">>, [global]))),
            garbage_collect(),
            loop(Port);
        {Port, eof} ->
            halt(0, [{flush, false}])
    end.

obey([Module, Function | Arguments]) ->
    try
        json(apply(binary_to_atom(Module), binary_to_atom(Function), [argument(A) || A <- Arguments]))
    catch
        Class:Reason:Stack ->
            Text = io_lib:format("~0tp", [{Class, Reason, Stack}]),
            json(#{error => unicode:characters_to_binary(Text)})
    end.

argument(Text) ->
    try binary_to_integer(Text)
    catch error:badarg -> Text
    end.

%% Maps are objects, lists arrays, binaries strings, null and booleans themselves. Any other atom
%% or term is a mistake of the caller.
json(null) -> <<"null">>;
json(true) -> <<"true">>;
json(false) -> <<"false">>;
json(Number) when is_integer(Number) -> integer_to_binary(Number);
json(Text) when is_binary(Text) -> [$", [escaped(Text)], $"];
json([]) -> <<"[]">>;
json([First | Rest]) -> [$[, json(First), [[$,, json(Element)] || Element <- Rest], $]];
json(Map) when is_map(Map) ->
    Members = [[json(key(Key)), $:, json(Value)] || {Key, Value} <- maps:to_list(Map)],
    [${, lists:join($,, Members), $}].

key(Key) when is_atom(Key) -> atom_to_binary(Key);
key(Key) -> Key.

escaped(Text) ->
    case binary:match(Text, [<<C>> || C <- [$", $\\ | lists:seq(0, 31)]]) of
        nomatch -> Text;
        _ -> [escape(C) || <<C>> <= Text]
    end.

escape($") -> <<"\\\"">>;
escape($\\) -> <<"\\\\">>;
escape(C) when C < 32 -> io_lib:format("\\u~4.16.0b", [C]);
escape(C) -> C.
