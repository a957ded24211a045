%% Terms as a recording shows them: Erlang's own syntax, pids and ports of other nodes with their
%% node's name, Elixir modules as a person writes them.
-module(live_text).
-export([atom/1, callable/1, reference/1, term/1, string/1, address/1, boolean/1]).

atom(undefined) -> null;
atom([]) -> null;
atom(Atom) -> without_prefix(atom_to_binary(Atom)).

boolean(true) -> true;
boolean(false) -> false.

callable(undefined) -> null;
callable({M, F, Arguments}) when is_list(Arguments) -> callable({M, F, length(Arguments)});
callable({M, F, A}) ->
    case atom_to_binary(M) of
        <<"Elixir.", Module/binary>> -> unicode(io_lib:format("~ts.~ts/~w", [Module, F, A]));
        _ -> unicode(io_lib:format("~tw:~tw/~w", [M, F, A]))
    end.

%% A process, a port, a name, {Name, Node}, none.
reference(none) -> null;
reference(undefined) -> null;
reference({process, What}) -> reference(What);
reference({port, What}) -> reference(What);
reference(Pid) when is_pid(Pid) -> identifier(pid_to_list(Pid), $<, "", node(Pid));
reference(Port) when is_port(Port) -> identifier(erlang:port_to_list(Port), $<, "#Port", node(Port));
reference(Atom) when is_atom(Atom) -> without_prefix(atom_to_binary(Atom));
reference(Term) -> term(Term).

identifier(Text, Open, Before, Node) ->
    [_, Rest] = string:split(Text, [Open]),
    [Number, Tail] = string:split(Rest, "."),
    First = case Node =:= node() of true -> Number; false -> atom_to_list(Node) end,
    unicode([Before, Open, First, ".", Tail]).

term(undefined) -> null;
term(none) -> null;
term(Term) ->
    Text = unicode(io_lib:format("~0tp", [Term])),
    re:replace(Text, <<"'Elixir\\.([A-Z][\\w.]*)'">>, <<"\\1">>, [global, unicode, {return, binary}]).

string(Text) -> unicode(Text).

address({ok, {{A, B, C, D}, Port}}) ->
    unicode(io_lib:format("~w.~w.~w.~w:~w", [A, B, C, D, Port]));
address({ok, {Address, Port}}) when tuple_size(Address) =:= 8 ->
    Words = [integer_to_list(Word, 16) || Word <- tuple_to_list(Address)],
    unicode(["[", string:lowercase(lists:join(":", Words)), "]:", integer_to_list(Port)]);
address({ok, Address}) -> term(Address);
address(_) -> null.

without_prefix(<<"Elixir.", C, Rest/binary>>) when C >= $A, C =< $Z -> <<C, Rest/binary>>;
without_prefix(Name) -> Name.

unicode(Text) -> unicode:characters_to_binary(Text).
