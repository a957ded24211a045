#include "recorder/collect/question.h"

#include <fmt/format.h>

#include <algorithm>

namespace beamtape {
namespace {

// After so long spent on chunks that missed their deadline, nothing is halved any more and chunks
// get kHurriedMs: with a scheduler of the target blocked, every chunk may hang. What a node needs
// that is merely large or slow does not count.
constexpr int kPatienceMs = 4000;
constexpr int kHurriedMs = 100;

constexpr std::string_view kWork = R"(
begin
  Began = erlang:monotonic_time(),
  Answer = try {{ok, {answer}}} catch _:_ -> {{failed, Part}} end,
  Dst ! {{Tag, Chunk, Began, erlang:monotonic_time(), Answer}}
end,)";

// A worker is given what it evaluates and what about, no closure: that would take along all that is
// bound around it and the code of each fun in that, again for each place it is bound at; copying
// it took longer than most chunks.
// A limit on heaps that the node is started with does not hold for who asks, keeps and answers:
// they would be killed. What they need is bounded by the number of processes and by the chunk. It
// is not lifted for the server behind rpc, which stays.
constexpr std::string_view kAsk = R"(
(fun() ->
  Lost = fun() -> case get(deadline) of undefined -> 0; Milliseconds -> Milliseconds end end,
  Missed = fun(Chunk, Reason) ->
    Now = erlang:monotonic_time(),
    Dst ! {{Tag, Chunk, Now, Now, Reason}}
  end,
  Silence = erlang:convert_time_unit({silence}, millisecond, native),
  Within = fun(Latest) ->
    case erlang:monotonic_time() of
      Now when Now < Latest -> Now + Silence;
      _ -> exit(timeout)
    end
  end,
  First = Within(Until),
  {unlimited}
  {keeper}
  Arguments = fun(Chunk, Part) ->
    [Work, [{{'Chunk', Chunk}}, {{'Dst', Dst}}, {{'Items', Items}}, {{'Part', Part}}, {{'Tag', Tag}}],
     none, none, value]
  end,
  Run = fun
   Run(Chunk, Part, none) -> apply(erl_eval, expr, Arguments(Chunk, Part));
   Run(Chunk, Part, Limit) ->
    Left = {patience} - Lost(),
    Patience = min(Limit, max({hurried}, Left)),
    {{Pid, Ref}} = spawn_opt(erl_eval, expr, Arguments(Chunk, Part), [monitor,
      {{max_heap_size, 0}}, {{min_heap_size, {heap}}}]),
    receive
      {{'DOWN', Ref, process, Pid, normal}} -> ok;
      {{'DOWN', Ref, process, Pid, _}} -> Missed(Chunk, {{failed, Part}})
    after Patience ->
      put(deadline, Lost() + Patience),
      exit(Pid, kill),
      erlang:demonitor(Ref, [flush]),
      case Part of
        [_, _ | _] when Left > 0 ->
          {{Front, Back}} = lists:split(length(Part) div 2, Part),
          Run(Chunk, Front, {hurried}),
          Run(Chunk, Back, {hurried});
        _ -> Missed(Chunk, {{deadline, Part}})
      end
    end
  end,
  Loop = fun Loop(Chunk, All, Latest) ->
    case lists:member(node(Dst), nodes(connected)) of
      true ->
        case {next} of
          [] -> Chunk;
          Part ->
            Later = Within(Latest),
            Run(Chunk, {part}, {deadline}),
            Loop(Chunk + 1, {rest}, Later)
        end;
      false -> Chunk
    end
  end,
  Loop(0, {all}, First)
end)().)";

constexpr std::string_view kNext = "lists:sublist(All, {})";
constexpr std::string_view kRest = "try lists:nthtail({}, All) catch error:_ -> [] end";

// Interpreted code leaves about four words a key behind. In a heap that is never collected those
// are memory that the process has not used before, and on some machines fresh pages cost more than
// all else here. So a long list of keys has a process of its own that only hands them out.
constexpr std::string_view kKeep = R"(
(fun() ->
  monitor(process, Asker),
  Keep = fun Keep(All) ->
    receive
      next -> Asker ! {{self(), {next}}}, Keep({rest});
      {{'DOWN', _, process, Asker, _}} -> ended
    end
  end,
  Keep({keys})
end)(),)";

constexpr std::string_view kKeeper = R"(
  {{Keeper, Kept}} = spawn_opt(erl_eval, expr,
    [Keep, [{{'Asker', self()}}, {{'Given', Given}}], none, none, value],
    [monitor, {{max_heap_size, 0}}, {{min_heap_size, {keys_words}}}]),
  Next = fun() ->
    Keeper ! next,
    receive
      {{Keeper, Part}} -> Part;
      {{'DOWN', Kept, process, Keeper, Reason}} -> error(Reason)
    end
  end,
  Asking = [self(), Keeper],
  But = {but},)";

// Only a part that somebody is left out of is copied.
constexpr std::string_view kPartBut = "case But -- Part of But -> Part; _ -> Part -- But end";

constexpr std::string_view kWithoutKeys =
    "begin Infos = {}, case lists:member(undefined, Infos) of"
    " true -> {{Part, Infos}};"
    " false -> {{Part, values, element(2, lists:unzip(lists:append(Infos)))}} end end";

// Measured on OTP 25, each times five or more: a row of a detail takes up to 10 us where all is
// cold, an element of a list, of two bytes and more, 0.15 us.
constexpr double kCostOfByte = 0.1;
constexpr std::int64_t kCostOfChunk = 1000;

}  // namespace

std::int64_t most_cost(const Question& question, std::int64_t took, std::size_t rows,
                       std::int64_t bytes) {
  if (question.most_per_row.count() == 0) return took;
  const double sent = kCostOfByte * static_cast<double>(bytes);
  return std::min(took, kCostOfChunk + static_cast<std::int64_t>(sent) +
                            question.most_per_row.count() * static_cast<std::int64_t>(rows));
}

std::string expressions(const Question& question) {
  const std::string deadline =
      question.in_server ? "none" : std::to_string(question.deadline.count());
  std::string answer(question.answer);
  if (question.of_processes) answer = fmt::format(kWithoutKeys, answer);
  if (question.packed) answer = fmt::format("term_to_binary({}, [{{compressed, 1}}])", answer);
  const bool keeps = question.has_keeper();
  const std::string next = fmt::format(kNext, question.chunk);
  const std::string rest = fmt::format(kRest, question.chunk);
  const std::string keep = fmt::format(kKeep, fmt::arg("keys", question.keys),
                                       fmt::arg("next", next), fmt::arg("rest", rest));
  const std::string keeper = fmt::format(kKeeper, fmt::arg("keys_words", question.keys_words),
                                         fmt::arg("but", question.but));
  return fmt::format(kWork, fmt::arg("answer", answer)) + (keeps ? keep : "") +
         fmt::format(
             kAsk,
             fmt::arg("unlimited", question.in_server ? "" : "process_flag(max_heap_size, 0),"),
             fmt::arg("keeper", keeps ? keeper : ""), fmt::arg("next", keeps ? "Next()" : next),
             fmt::arg("rest", keeps ? "All" : rest), fmt::arg("part", keeps ? kPartBut : "Part"),
             fmt::arg("all", keeps ? "Keeper" : question.keys), fmt::arg("patience", kPatienceMs),
             fmt::arg("hurried", kHurriedMs), fmt::arg("deadline", deadline),
             fmt::arg("silence", kSilence.count()), fmt::arg("heap", question.heap_words));
}

}  // namespace beamtape
