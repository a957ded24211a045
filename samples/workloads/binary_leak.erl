%% Small headers that keep large uploads alive: a search index leaks refc binaries.
%%
%% At 3 a.m.: the container is killed for its memory, and every list of large processes and tables
%% is clean: the index has a few hundred rows and a heap of kilobytes.
%%
%% Cause: `upload_index` keeps the first header_bytes of each upload, matched out of it. Such a
%% sub-binary holds no bytes of its own: it refers to the whole upload, which can never be freed.
%% (binary:copy/1 would have been the cure. Up to 64 bytes the runtime itself copies: run it with
%% header_bytes=20 and nothing leaks, which is why the bug came with a longer header.)
%%
%% Where it shows: erlang:memory(binary) rises by rate * upload_kb; upload_index holds hundreds of
%% binaries by `binary`, and ets:info(upload_headers, binary) holds the very same ones, while the
%% memory of both looks small. The even uploads are held by the table alone.
%%
%% Ceiling: max_uploads uploads, after which nobody uploads any more (1000 of 200 KB are 200 MB).
-module(binary_leak).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).
-export([receive_upload/3]).

defaults() ->
    #{rate => 10,           % uploads per second
      upload_kb => 200,
      header_bytes => 100,  % 64 and fewer leak nothing
      max_uploads => 1000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, uploads_sup}, ?MODULE,
                          {uploads_sup, maps:merge(defaults(), Options)}).

init({uploads_sup, #{upload_kb := Size, header_bytes := Header, max_uploads := Max} = Options}) ->
    Upload = fun(N) -> proc_lib:spawn(?MODULE, receive_upload, [N, Size, Header]) end,
    {ok, {#{strategy => one_for_one},
          [#{id => upload_index,
             start => {gen_server, start_link, [{local, upload_index}, ?MODULE, upload_index, []]}},
           traffic:child(uploaders, Options#{limit => Max}, Upload)]}};
init(upload_index) ->
    ets:new(upload_headers, [named_table, protected]),
    {ok, #{recent => []}}.

%% One upload, in a process of its own that ends and would take the bytes with it.
receive_upload(Number, SizeKb, HeaderBytes) ->
    Bytes = binary:copy(<<Number:64, "an upload ....../">>, SizeKb * 1024 div 25),
    <<Header:HeaderBytes/binary, _Content/binary>> = Bytes,
    gen_server:cast(upload_index, {add, Number, Header}).

handle_call({find, Number}, _From, Index) ->
    {reply, ets:lookup(upload_headers, Number), Index}.

handle_cast({add, Number, Header}, #{recent := Recent} = Index) ->
    ets:insert(upload_headers, {Number, Header}),
    case Number rem 2 of
        0 -> {noreply, Index};
        1 -> {noreply, Index#{recent := [Header | Recent]}}
    end.
