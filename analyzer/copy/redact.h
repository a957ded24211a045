#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/copy/copy.h"

namespace beamtape {

// Gives everything that could tell whose node it is another name, the same everywhere in one
// recording: each run of letters becomes other letters, each run of digits other digits, and what
// is between stays. So `conn_17` and `conn_18` stay alike, and the name of a group (digits folded,
// schema/model/group.h) stays the folded name of its members. Names are given in the order of
// first use: the same recording becomes the same file, and nothing can be guessed by hashing.
//
// Kept are pids, ports and references; modules and functions of OTP and Elixir, and what else
// known_words.h knows; the number of arguments in M:F/A. Which fields change: schema/FORMAT.md.
class Redactor {
 public:
  std::string text(std::string_view text);
  void node(NodeRecord& node);
  // The hooks, which refer to this.
  CopyChanges changes();

 private:
  std::string runs(std::string_view text);
  std::string callable(std::string_view module, std::string_view function, std::string_view arity);
  std::string name(std::string_view atom);
  const std::string& letters(std::string_view run);
  const std::string& digits(std::string_view run);

  std::map<std::string, std::string, std::less<>> letters_, digits_;
};

}  // namespace beamtape
