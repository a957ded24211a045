%% Processes that are started and never end: a chat session for each phone that went into a tunnel.
%%
%% At 3 a.m.: the process count is at 80 % of its limit. Each session is tiny and asleep; nobody
%% did anything wrong, there are only too many of them.
%%
%% Cause: a session ends when its phone says `disconnected`. A phone without a network says
%% nothing, comes back, and gets a new session; the old one waits for ever, as no timeout was set.
%%
%% Where it shows: the group with initial call process_leak:init/1 under chat_session_sup grows by
%% `rate` minus the polite fifth; those it started live on without reductions. chat_session_sup
%% has as many links.
%%
%% Ceiling: max_sessions sessions have been opened (40 000 are about 110 MB), then no phone comes.
-module(process_leak).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

defaults() ->
    #{rate => 50,  % sessions opened per second
      max_sessions => 40000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, chat_sup}, ?MODULE, {chat_sup, maps:merge(defaults(), Options)}).

init({chat_sup, #{max_sessions := Max} = Options}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => chat_session_sup, type => supervisor,
             start => {supervisor, start_link,
                       [{local, chat_session_sup}, ?MODULE, chat_session_sup]}},
           traffic:child(phones, Options#{limit => Max}, fun connect/1)]}};
init(chat_session_sup) ->
    {ok, {#{strategy => simple_one_for_one},
          [#{id => session, restart => temporary,
             start => {gen_server, start_link, [?MODULE]}}]}};
init({session, Phone}) ->
    {ok, #{phone => Phone, joined => erlang:system_time(second), unread => []}}.

connect(N) ->
    {ok, Session} = supervisor:start_child(chat_session_sup, [{session, N}, []]),
    gen_server:cast(Session, {message, <<"hello">>}),
    N rem 5 =:= 0 andalso erlang:send_after(1000, Session, disconnected).

handle_call(unread, _From, #{unread := Unread} = Session) ->
    {reply, Unread, Session}.

handle_cast({message, Text}, #{unread := Unread} = Session) ->
    {noreply, Session#{unread := [Text | Unread]}}.

handle_info(disconnected, Session) ->
    {stop, normal, Session}.
