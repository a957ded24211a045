%% A healthy web server: connections, sessions and queries come and go, nothing grows.
%%
%% At 3 a.m.: nothing. This is the other recording, the one to compare an incident with, and the
%% one in which no rule may raise its voice.
%%
%% What is there: browsers connect over loopback TCP to an ephemeral port, ask for three pages and
%% leave; kiosks stay connected and ask every second. An acceptor hands each connection to a
%% supervised handler, which looks the session up in ETS, asks one of the database connections,
%% answers, and casts a count to the metrics server.
%%
%% Where it shows: processes and ports whose number breathes around a mean; the table `sessions`,
%% full from the start (yesterday's are loaded) and never fuller, as the cache evicts the oldest,
%% though half of the browsers bring a new one; queues that are nearly always 0.
%%
%% Ceiling: rate times about a second of connections, and max_sessions rows of about 200 bytes.
-module(web).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([start_handler/1, handle/1, accept/1, start_kiosk/2, kiosk/2, browse/3]).

-define(LOOPBACK, {127, 0, 0, 1}).
-define(PAGES, [<<"/">>, <<"/search">>, <<"/product">>, <<"/basket">>]).

defaults() ->
    #{rate => 20,            % new browsers per second
      kiosks => 10,          % connections that stay
      databases => 4,        % database connections
      max_sessions => 2000,  % rows of the session cache
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, web_sup}, ?MODULE, {web_sup, maps:merge(defaults(), Options)}).

%%% Supervisors and servers

init({web_sup, #{kiosks := Kiosks, databases := Databases} = Options}) ->
    {ok, {#{strategy => rest_for_one},
          [server(session_cache, Options), server(metrics, Options)]
          ++ [server(database(N), Options) || N <- lists:seq(1, Databases)]
          ++ [#{id => web_handler_sup, type => supervisor,
                start => {supervisor, start_link,
                          [{local, web_handler_sup}, ?MODULE, web_handler_sup]}},
              server(http_listener, Options)]
          ++ [#{id => {kiosk, N}, start => {?MODULE, start_kiosk, [N, Databases]}}
              || N <- lists:seq(1, Kiosks)]
          ++ [traffic:child(browsers, Options, fun(N) -> arrive(N, Options) end)]}};
init(web_handler_sup) ->
    {ok, {#{strategy => simple_one_for_one},
          [#{id => handler, restart => temporary, start => {?MODULE, start_handler, []}}]}};
init({session_cache, #{max_sessions := Max}}) ->
    ets:new(sessions, [named_table, protected, {read_concurrency, true}]),
    Yesterdays = [integer_to_binary(N) || N <- lists:seq(1, Max)],
    ets:insert(sessions, [session_row(Id) || Id <- Yesterdays]),
    {ok, #{max => Max, oldest_first => queue:from_list(Yesterdays)}};
init({metrics, _Options}) ->
    {ok, #{served => #{}}};
init({http_listener, _Options}) ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {ip, ?LOOPBACK}, {active, false}, {backlog, 128},
                                        {packet, http_bin}, {reuseaddr, true}]),
    [proc_lib:spawn_link(?MODULE, accept, [Listener]) || _ <- [1, 2, 3, 4]],
    {ok, Port} = inet:port(Listener),
    {ok, #{listener => Listener, port => Port}};
init({_Database, _Options}) ->
    {ok, #{queries => 0}}.

server(Name, Options) ->
    #{id => Name,
      start => {gen_server, start_link, [{local, Name}, ?MODULE, {Name, Options}, []]}}.

database(N) ->
    list_to_atom("database_" ++ integer_to_list(N)).

handle_call(port, _From, #{port := Port} = Listener) ->
    {reply, Port, Listener};
handle_call({open_session, Id}, _From, #{max := Max, oldest_first := Queue} = Cache) ->
    Session = session_row(Id),
    case ets:insert_new(sessions, Session) of
        true -> {reply, Session, Cache#{oldest_first := evict(queue:in(Id, Queue), Max)}};
        false -> {reply, Session, Cache}
    end;
handle_call({select, Page}, _From, #{queries := Queries} = Database) ->
    timer:sleep(1 + erlang:phash2({Page, Queries}, 4)),
    {reply, binary:copy(Page, 50), Database#{queries := Queries + 1}}.

handle_cast({served, Page}, #{served := Served} = Metrics) ->
    {noreply, Metrics#{served := maps:update_with(Page, fun(Count) -> Count + 1 end, 1, Served)}}.

session_row(Id) ->
    {Id, #{basket => [], theme => <<"dark">>, opened => erlang:system_time(second)}}.

evict(Queue, Max) ->
    case queue:len(Queue) > Max of
        false -> Queue;
        true ->
            {{value, Oldest}, Rest} = queue:out(Queue),
            ets:delete(sessions, Oldest),
            Rest
    end.

%%% The server's side of a connection

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    {ok, Handler} = supervisor:start_child(web_handler_sup, [Socket]),
    case gen_tcp:controlling_process(Socket, Handler) of
        ok -> Handler ! serve;
        {error, _Closed} -> exit(Handler, shutdown)
    end,
    accept(Listener).

start_handler(Socket) ->
    {ok, proc_lib:spawn_link(?MODULE, handle, [Socket])}.

handle(Socket) ->
    receive serve -> serve(Socket) end.

serve(Socket) ->
    case gen_tcp:recv(Socket, 0, 30000) of
        {ok, {http_request, 'GET', {abs_path, Page}, _Version}} ->
            #{<<"X-Session">> := Id, <<"X-Database">> := Database} = headers(Socket, #{}),
            {_Id, _Session} = session(Id),
            Body = gen_server:call(database(binary_to_integer(Database)), {select, Page}),
            gen_server:cast(metrics, {served, Page}),
            _ = gen_tcp:send(Socket, [<<"HTTP/1.1 200 OK\r\nContent-Length: ">>,
                                      integer_to_binary(byte_size(Body)), <<"\r\n\r\n">>, Body]),
            serve(Socket);
        {error, _ClosedOrIdle} ->
            gen_tcp:close(Socket)
    end.

session(Id) ->
    case ets:lookup(sessions, Id) of
        [Session] -> Session;
        [] -> gen_server:call(session_cache, {open_session, Id})
    end.

headers(Socket, Headers) ->
    case gen_tcp:recv(Socket, 0, 30000) of
        {ok, {http_header, _, Name, _, Value}} when is_atom(Name) ->
            headers(Socket, Headers#{atom_to_binary(Name) => Value});
        {ok, {http_header, _, Name, _, Value}} ->
            headers(Socket, Headers#{Name => Value});
        {ok, http_eoh} ->
            Headers
    end.

%%% The client's side

arrive(N, #{databases := Databases, max_sessions := Max}) ->
    Port = gen_server:call(http_listener, port),
    Id = integer_to_binary(rand:uniform(2 * Max)),
    proc_lib:spawn(?MODULE, browse, [Port, Id, integer_to_binary(1 + N rem Databases)]).

browse(Port, Id, Database) ->
    Socket = connect(Port),
    [begin request(Socket, Page, Id, Database), timer:sleep(300) end || Page <- tl(?PAGES)],
    gen_tcp:close(Socket).

start_kiosk(N, Databases) ->
    {ok, proc_lib:spawn_link(?MODULE, kiosk, [N, 1 + N rem Databases])}.

kiosk(N, Database) ->
    Socket = connect(gen_server:call(http_listener, port)),
    poll(Socket, <<"kiosk-", (integer_to_binary(N))/binary>>, integer_to_binary(Database)).

poll(Socket, Id, Database) ->
    request(Socket, <<"/">>, Id, Database),
    timer:sleep(1000),
    poll(Socket, Id, Database).

connect(Port) ->
    {ok, Socket} = gen_tcp:connect(?LOOPBACK, Port, [binary, {active, false}, {packet, http_bin}]),
    Socket.

request(Socket, Page, Id, Database) ->
    ok = gen_tcp:send(Socket, [<<"GET ">>, Page, <<" HTTP/1.1\r\nX-Session: ">>, Id,
                               <<"\r\nX-Database: ">>, Database, <<"\r\n\r\n">>]),
    {ok, {http_response, _Version, 200, _Ok}} = gen_tcp:recv(Socket, 0, 30000),
    #{<<"Content-Length">> := Length} = headers(Socket, #{}),
    ok = inet:setopts(Socket, [{packet, raw}]),
    {ok, _Body} = gen_tcp:recv(Socket, binary_to_integer(Length), 30000),
    ok = inet:setopts(Socket, [{packet, http_bin}]).
