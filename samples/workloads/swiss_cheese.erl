%% Memory that is given back in crumbs: the allocator's carriers stay, with little in each.
%%
%% At 3 a.m.: the container is killed for its memory, though erlang:memory() has fallen to a third.
%%
%% Cause: `thumbnail_cache` was filled while a campaign ran and then cleared of all but every `keep`th picture.
%% What is left lies in every carrier, so that none can be given back.
%%
%% Where it shows: allocator binary_alloc: blocks against carriers.
%%
%% Ceiling: pictures of about `size` bytes, `megabytes` of them at most.
-module(swiss_cheese).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

defaults() ->
    #{megabytes => 300,
      size => 6000,      % of a picture, on the average
      keep => 6,         % one of so many
      clear_after_s => 3,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, thumbnail_sup}, ?MODULE,
                          {thumbnail_sup, maps:merge(defaults(), Options)}).

init({thumbnail_sup, Options}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => thumbnail_cache,
             start => {gen_server, start_link,
                       [{local, thumbnail_cache}, ?MODULE, {thumbnail_cache, Options}, []]}}]}};
init({thumbnail_cache, #{megabytes := Megabytes, size := Size, seed := Seed} = Options}) ->
    rand:seed(exsss, Seed),
    erlang:send_after(timer:seconds(maps:get(clear_after_s, Options)), self(), clear),
    Count = Megabytes * 1024 * 1024 div Size,
    {ok, Options#{pictures => [picture(Size) || _ <- lists:seq(1, Count)]}}.

picture(Size) ->
    binary:copy(<<0>>, Size div 2 + rand:uniform(Size)).

handle_call(count, _From, #{pictures := Pictures} = State) ->
    {reply, length(Pictures), State}.

handle_cast(Request, State) ->
    {stop, {unexpected, Request}, State}.

handle_info(clear, #{pictures := Pictures, keep := One} = State) ->
    Left = [Picture || {N, Picture} <- lists:zip(lists:seq(1, length(Pictures)), Pictures), N rem One =:= 0],
    {noreply, State#{pictures := Left}, 0};
handle_info(timeout, State) ->
    erlang:garbage_collect(),
    {noreply, State}.
