%% Atoms made from what strangers send: a decoder turns every JSON key into an atom.
%%
%% At 3 a.m.: "no more index entries in atom_tab (max=1048576)" and the node is gone, with nothing
%% before it in any graph of memory or processes.
%%
%% Cause: `json_decoder` calls binary_to_atom/2 on keys. Its tests have twenty different keys;
%% the internet has as many as it likes, and an atom is never collected.
%%
%% Where it shows: atom_count rises in a straight line towards atom_limit, and never falls;
%% everything else, json_decoder included, is flat. erlang:memory(atom) rises gently.
%%
%% Ceiling: max_atoms atoms (250 000 are about 25 MB and a quarter of the limit), then no more
%% documents arrive.
-module(atom_leak).
-behaviour(gen_server).

-export([start/1, defaults/0]).
-export([init/1, handle_call/3, handle_cast/2]).

defaults() ->
    #{rate => 500,  % documents, each with one new key, per second
      max_atoms => 250000,
      seed => 1}.

start(Options) ->
    supervisor:start_link({local, ingest_sup}, ?MODULE,
                          {ingest_sup, maps:merge(defaults(), Options)}).

init({ingest_sup, #{max_atoms := Max} = Options}) ->
    {ok, {#{strategy => one_for_one},
          [#{id => json_decoder,
             start => {gen_server, start_link, [{local, json_decoder}, ?MODULE, json_decoder, []]}},
           traffic:child(webhooks, Options#{limit => Max}, fun deliver/1)]}};
init(json_decoder) ->
    {ok, #{documents => 0}}.

deliver(N) ->
    Campaign = <<"utm_campaign_", (integer_to_binary(N))/binary>>,
    gen_server:cast(json_decoder, {decode, [{<<"id">>, N}, {<<"source">>, web}, {Campaign, 1}]}).

handle_call(documents, _From, #{documents := Documents} = Decoder) ->
    {reply, Documents, Decoder}.

handle_cast({decode, Pairs}, #{documents := Documents} = Decoder) ->
    _Document = maps:from_list([{binary_to_atom(Key, utf8), Value} || {Key, Value} <- Pairs]),
    {noreply, Decoder#{documents := Documents + 1}}.
