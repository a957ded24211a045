#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace beamtape {

// A question to the node: Erlang expressions that only compose functions of kernel and stdlib.
// The node parses them itself, so every release reads its own dialect, and evaluates them with
// erl_eval; the hot loop inside `answer` has to be native (lists:map, lists:zipwith).
struct Question {
  std::string_view name;  // as it appears in the recording's `question` table
  // A list of what is asked about. Evaluated once, in the asking process, which keeps it between
  // the chunks, or in its keeper. `Given` is what ask() sent along; `Items` what prepare() was
  // given.
  std::string_view keys;
  // For so many keys that their list must not be collected (that cannot be interrupted: a million
  // take a scheduler 60 ms): the heap in words, an expression, of a process of its own that they
  // are evaluated in and kept by. Not with `in_server`. Empty: none is needed.
  std::string_view keys_words = "";
  // Of such keys those that are not asked about, a list that may use `Given` and `Asking`, the
  // processes that exist only to ask. They are left out of each chunk: out of all of a million it
  // would take a scheduler for 30 ms.
  std::string_view but = "[]";
  // The answer about the keys in `Part`, with `Items`. Evaluated in a worker process of its own for
  // each chunk.
  std::string_view answer;
  // `answer` is what process_info/2 says of each process in `Part`, items in the same order. It is
  // sent as {Part, values, Values}, the values of all one after another without their keys, which
  // are a quarter of the bytes; or as {Part, Infos} if somebody has ended meanwhile. Native
  // functions do it for what the keys cost when they are sent.
  bool of_processes = false;
  int chunk = 1;  // keys to a worker
  // A worker begins with a heap of so many words. One that its answer fits into is never collected:
  // growing step by step costs a large answer as much again as asking for it.
  int heap_words = 233;
  // Sent as a binary of the answer, compressed: a fifth of the bytes of a census, for what it costs
  // the node to send them all.
  bool packed = false;
  std::chrono::milliseconds deadline{2000};  // for one chunk
  // CPU time that a row takes of the node at most, ours and the subject's, beside kCostOfByte for
  // what is sent and kCostOfChunk; 0: not known, it may be a long list. See most_cost().
  std::chrono::microseconds most_per_row{0};
  // Asked of the server behind rpc itself, which needs no process: `answer` is evaluated there,
  // without a deadline, and nobody else is served meanwhile. For a millisecond's work only.
  bool in_server = false;
  // What is asked instead, with the same `Given`, where the node has no process to spare.
  const Question* at_limit = nullptr;

  bool has_keeper() const { return !keys_words.empty(); }
};

// A question that has not been heard of for this long is given up, here and on the node. Longer
// than any chunk's deadline there, so that the node nearly always tells first what it could not
// get.
inline constexpr std::chrono::milliseconds kSilence{8000};

// Words of heap that an item of a row takes when its key is left out.
inline constexpr int kItemWords = 10;

// What a chunk cost the node at most, in microseconds: the wall time `took` in its worker, or less
// where its rows and bytes cannot have cost so much. On a node with more to do than its schedulers
// can, a worker mostly waits: for its turn, and for that of each process that it asks.
std::int64_t most_cost(const Question& question, std::int64_t took, std::size_t rows,
                       std::int64_t bytes);

// Erlang expressions, "Work, Ask." or, with a keeper, "Work, Keep, Ask.". Ask is evaluated to
// ask `question`; the others are bound to their names as erl_parse gives them.
// Work answers about one chunk: it binds Chunk, Dst, Items, Part and Tag.
// Keep hands out the keys, a chunk at a time, until Asker has ended: it binds Asker and Given.
// Ask asks chunk by chunk and guards each chunk: a worker that misses its deadline is killed, its
// keys are asked again in halves until the stuck one is alone or `Patience` is over. Nothing it
// starts outlives it by more than a chunk's deadline; it stops early when the recorder's connection
// is gone, or kSilence after the chunk before: a node that stood still must not do at once
// what nobody waits for any more. Then, or later than `Until`, it exits with `timeout`. A worker
// never crashes, so it leaves nothing in the target's log; if somebody kills one, its chunk has
// failed. Free variables: Dst, Tag, Items, Given, Until. Sends {Tag, Chunk, Began, Ended, {ok,
// Answer} | {failed, Part} | {deadline, Part}} to Dst, with times in the node's native unit; its
// value is the number of chunks.
std::string expressions(const Question& question);

}  // namespace beamtape
