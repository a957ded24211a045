%% A catalogue whose keys were made atoms when the node started: it fits, just.
%%
%% At 3 a.m.: nothing yet. With the next season's catalogue the node will end while it starts.
%%
%% Cause: `catalogue` turns each article number into an atom, once. The table of atoms is nearly full and does not
%% grow any more.
%%
%% Where it shows: atom_count against atom_limit.
%%
%% Ceiling: per_cent of the node's limit.
-module(many_atoms).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{per_cent => 93,  % of the limit
      rate => 20,      % articles asked for per second
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, catalogue_sup}, ?MODULE,
                          {catalogue_sup, maps:merge(defaults(), Options)}).

init({catalogue_sup, Options}) ->
    Ask = fun(Visit) -> gen_server:call(catalogue, {article, Visit}) end,
    {ok, {#{strategy => one_for_one},
          [#{id => catalogue,
             start => {gen_server, start_link,
                       [{local, catalogue}, ?MODULE, {catalogue, Options}, []]}},
           traffic:child(storefront, Options, Ask)]}};
init({catalogue, #{per_cent := Share, seed := Seed}}) ->
    Wanted = erlang:system_info(atom_limit) * Share div 100 - erlang:system_info(atom_count),
    make_atoms(lists:concat(["article_", Seed, "_"]), Wanted),
    {ok, Wanted}.

make_atoms(_Prefix, 0) -> ok;
make_atoms(Prefix, N) ->
    _ = list_to_atom(Prefix ++ integer_to_list(N)),
    make_atoms(Prefix, N - 1).

handle_call({article, N}, _From, Count) ->
    {reply, {N rem Count, 12.50}, Count}.

handle_cast(Request, State) ->
    {stop, {unexpected, Request}, State}.
