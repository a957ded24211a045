#pragma once

#include <string>
#include <string_view>

namespace beamtape {

// Words that say nothing about whose node it is, and that a redacted recording keeps. Numbers in
// them are folded (schema/model/group.h), so that a group's name is known exactly where the names
// of its members are.

// A module or application of Erlang's or Elixir's standard ones, by its atom.
bool is_known_module(std::string_view name);
// That, or another word of the virtual machine, of OTP or of the recorder.
bool is_known_word(std::string_view text);

}  // namespace beamtape
