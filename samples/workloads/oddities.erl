%% Five faults of shapes that the rules were not written after; `story` says which.
%%
%% 1  A table of type bag, made by `importer` and given away to `keeper`: rows are added, none is ever taken out.
%%    Its owner is not who writes.
%% 2  `courier` spawns a closure for each parcel, linked to nobody and without a name; it waits for a signature that
%%    never comes. The group of plain funs grows.
%% 3  Every five seconds `mailshot` sends `size` letters at once to `letter_box`, which works off less than that in
%%    the meantime: its mailbox is a sawtooth whose feet rise.
%% 4  `scrapbook` puts clippings of large pages into its process dictionary. Binaries grow.
%% 5  `reader` opens a file for each question and never closes one: each is a process of its own.
%%
%% Ceiling: `most` rows, parcels, clippings or files; of letters the time that it runs.
-module(oddities).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

defaults() ->
    #{story => 1,
      rate => 500,   % per second
      size => 2500,  % letters at once; KiB of a page
      most => 200000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, oddities_sup}, ?MODULE,
                          {oddities_sup, maps:merge(defaults(), Options)}).

init({oddities_sup, #{story := Story} = Options}) ->
    {ok, {#{strategy => one_for_one}, children(Story, Options)}};
init({importer, Options}) ->
    Table = ets:new(catalogue, [bag, public, named_table]),
    true = ets:give_away(Table, whereis(keeper), all_yours),
    {ok, Options};
init({mailshot, Options}) ->
    {ok, _} = timer:send_interval(5000, burst),
    {ok, Options};
init({_Name, Options}) ->
    {ok, Options}.

children(1, Options) -> [server(keeper, Options), server(importer, Options), traffic(importer, Options)];
children(2, Options) -> [server(courier, Options), traffic(courier, Options)];
children(3, Options) -> [server(letter_box, Options), server(mailshot, Options)];
children(4, Options) -> [server(scrapbook, Options), traffic(scrapbook, Options)];
children(5, Options) -> [server(reader, Options), traffic(reader, Options)].

server(Name, Options) ->
    #{id => Name, start => {gen_server, start_link, [{local, Name}, ?MODULE, {Name, Options}, []]}}.

traffic(Server, #{most := Most} = Options) ->
    traffic:child(visitors, Options#{limit => Most}, fun(N) -> gen_server:cast(Server, {Server, N}) end).

handle_call(Request, _From, State) ->
    {stop, {unexpected, Request}, State}.

handle_cast({importer, N}, State) ->
    ets:insert(catalogue, {N rem 300, N, <<"an article">>}),
    {noreply, State};
handle_cast({courier, N}, State) ->
    spawn(fun() -> receive {signature, N} -> ok end end),
    {noreply, State};
handle_cast({scrapbook, N}, #{size := Size} = State) ->
    Page = binary:copy(<<N:64>>, Size * 128),
    put({clipping, N}, binary:part(Page, N rem 100, 120)),
    {noreply, State};
handle_cast({reader, N}, State) ->
    {ok, File} = file:open("/dev/null", [read]),
    put({file, N}, File),
    {noreply, State};
handle_cast({letter, _Text}, State) ->
    timer:sleep(2),
    {noreply, State}.

handle_info(burst, #{size := Letters} = State) ->
    [gen_server:cast(letter_box, {letter, <<"Dear customer">>}) || _ <- lists:seq(1, Letters)],
    {noreply, State};
handle_info({'ETS-TRANSFER', _, _, _}, State) ->
    {noreply, State}.
