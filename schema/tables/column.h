#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace beamtape {

// How a column's cells are to be read. The numbers are part of the file format.
enum class Type : std::uint8_t {
  kInteger = 0,
  kBool = 1,
  kAtom = 2,  // text id; the atom's own characters, unquoted
  kTerm = 3,  // text id; Erlang syntax ("gen_server:init_it/6", "{user,7}")
  kRef = 4,   // packed Ref
  kList = 5,  // list id; elements are described by `fields`
};

enum class Unit : std::uint8_t {
  kNone = 0,
  kBytes = 1,
  kCount = 2,
  kReductions = 3,
  kMicroseconds = 4,
  kSnapshot = 5,  // a snapshot's number
  kNanoseconds = 6,
  kPercent = 7,  // only of what the analyzer works out: no file has it
};

enum class Kind : std::uint8_t {
  kGauge = 0,     // goes up and down
  kCounter = 1,   // only grows while its subject lives: rates make sense
  kIdentity = 2,  // says what the row is
};

// Which question to the node a column's value comes from, and so how often it is read.
// Only the recorder cares; not stored.
enum class Ask : std::uint8_t {
  kKey,       // the row's own identity
  kEvery,     // every snapshot, every row (of processes: the lock-only census)
  kDetail,    // processes that are new or ran since they were read
  kIdentity,  // at first sight
  kSuspect,   // in slow rotation, for the few that matter
  kComputed,  // made by the recorder
};

// What the node's answer means before it becomes a cell.
enum class AnswerForm : std::uint8_t {
  kPlain,     // as the type says
  kWords,     // machine words: stored as bytes
  kCallable,  // {M,F,A}: stored as M:F/A
  kString,    // a string: stored without quotes
  kAddress,   // {ok, {Address, Port}}: stored as 127.0.0.1:4369; an error as none
};

// One part of a list column's element.
struct Field {
  std::string name;
  Type type = Type::kInteger;  // never kList
  Unit unit = Unit::kNone;
};

// A column, declared once in schema/tables/*.cc; the question to the node, its decoding, the
// codec, the file's own column table, headers, tooltips and documentation derive from it.
struct Column {
  std::uint16_t id = 0;  // of its table, for ever: never reused, never renumbered
  std::string name;      // Erlang's own word
  Type type = Type::kInteger;
  Unit unit = Unit::kNone;
  Kind kind = Kind::kGauge;
  std::string sentence;  // what it is, for a person
  Ask ask = Ask::kEvery;
  AnswerForm answer = AnswerForm::kPlain;
  std::string path = {};  // where in the answer: "garbage_collection.minor_gcs"; empty: the name
  std::vector<Field> fields = {};
};

}  // namespace beamtape
