%% A server that works step by step: what `init` or `handle_info(next, State)` returns so that
%% `next` comes again after so many milliseconds.
-module(pacing).

-export([next/2, again/2]).

next(Milliseconds, State) ->
    later(Milliseconds),
    {ok, State}.

again(Milliseconds, State) ->
    later(Milliseconds),
    {noreply, State}.

later(Milliseconds) ->
    erlang:send_after(Milliseconds, self(), next).
