%% As Elixir's compiler would name it.
-module('Elixir.MyApp.Worker').
-export([start/0, init/1, 'ready?'/1]).

start() -> proc_lib:start(?MODULE, init, [self()]).

init(Parent) ->
    register(?MODULE, self()),
    put('$process_label', {worker, 'Elixir.MyApp.Queue', 7}),
    proc_lib:init_ack(Parent, self()),
    'ready?'(Parent).

'ready?'(Parent) ->
    receive {stop, Parent} -> ok end,
    Parent.
