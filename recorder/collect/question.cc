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
// A limit on heaps that the node is started with does not hold for who asks and who answers: they
// would be killed. What they need is bounded by the number of processes and by the chunk.
constexpr std::string_view kAsk = R"(
(fun() ->
  Lost = fun() -> case get(deadline) of undefined -> 0; Milliseconds -> Milliseconds end end,
  {room}
  Asking = {asking},
  {left_out}
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
      {{'DOWN', Ref, process, Pid, _}} -> ok
    after Patience ->
      put(deadline, Lost() + Patience),
      exit(Pid, kill),
      erlang:demonitor(Ref, [flush]),
      case Part of
        [_, _ | _] when Left > 0 ->
          {{Front, Back}} = lists:split(length(Part) div 2, Part),
          Run(Chunk, Front, {hurried}),
          Run(Chunk, Back, {hurried});
        _ ->
          Now = erlang:monotonic_time(),
          Dst ! {{Tag, Chunk, Now, Now, {{deadline, Part}}}}
      end
    end
  end,
  Loop = fun Loop(Chunk, All) ->
    case lists:member(node(Dst), nodes(connected)) of
      true ->
        case lists:sublist(All, {chunk}) of
          [] -> Chunk;
          Part ->
            Run(Chunk, {part}, {deadline}),
            Loop(Chunk + 1, try lists:nthtail({chunk}, All) catch error:_ -> [] end)
        end;
      false -> Chunk
    end
  end,
  Loop(0, {keys})
end)().)";

// `Part -- But` copies the part into memory that the process has not used before, which on some
// machines costs more than all else here: so only a part that somebody is left out of is copied.
constexpr std::string_view kPartBut = "case But -- Part of But -> Part; _ -> Part -- But end";

constexpr std::string_view kWithoutKeys =
    "begin Infos = {}, case lists:member(undefined, Infos) of"
    " true -> {{Part, Infos}};"
    " false -> {{Part, values, element(2, lists:unzip(lists:append(Infos)))}} end end";

// Measured on OTP 25, each times five or more: a row of a detail takes up to 10 us where all is
// cold, an element of a list, of 12 bytes and more, 0.15 us.
constexpr double kCostOfByte = 0.1;
constexpr std::int64_t kCostOfChunk = 1000;

}  // namespace

std::int64_t most_cost(const Question& question, std::int64_t took, std::size_t rows,
                       std::size_t bytes) {
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
  const std::string left_out = question.but.empty() ? "" : fmt::format("But = {},", question.but);
  // Never in the server: it would keep the heap.
  const std::string room = question.keys_words.empty() || question.in_server
                               ? ""
                               : fmt::format(
                                     "process_flag(max_heap_size, 0), process_flag(min_heap_size, "
                                     "{}), garbage_collect(),",
                                     question.keys_words);
  return fmt::format(kWork, fmt::arg("answer", answer)) +
         fmt::format(kAsk, fmt::arg("room", room), fmt::arg("left_out", left_out),
                     fmt::arg("part", question.but.empty() ? "Part" : kPartBut),
                     fmt::arg("patience", kPatienceMs), fmt::arg("hurried", kHurriedMs),
                     fmt::arg("chunk", question.chunk),
                     fmt::arg("asking", question.in_server ? "[]" : "[self()]"),
                     fmt::arg("deadline", deadline), fmt::arg("heap", question.heap_words),
                     fmt::arg("keys", question.keys));
}

}  // namespace beamtape
