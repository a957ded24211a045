#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "recorder/term/cursor.h"

namespace beamtape {

// Terms nested deeper than this print as `...`.
inline constexpr int kMaxTextDepth = 64;

// Consumes one term and returns it in Erlang's syntax, on one line, as io_lib:format("~0tp") does:
// printable latin-1 lists as "conn 7", printable binaries as <<"user:7">> (and UTF-8 ones as
// <<"тест"/utf8>>, as a node started with +pc unicode does), atoms quoted where Erlang needs it.
// Pids of `own_node` print as <0.12.0>, others with the name
// of their node in place of a number that means something on one node only: <shop@host.12.0>.
// The text is valid UTF-8 and never longer than `max_bytes`: a longer one ends in `…` (so
// max_bytes is 3 at least). Empty, and the cursor failed, where the bytes are malformed.
std::string term_text(Cursor& cursor, std::string_view own_node, std::size_t max_bytes);

// "<0.12.0>", or "<shop@host.12.0>" for another node's.
std::string pid_text(const PidView& pid, std::string_view own_node);
// "#Port<0.7>".
std::string port_text(const PortView& port, std::string_view own_node);
// "#Ref<0.1.2.3>".
std::string reference_text(const ReferenceView& reference, std::string_view own_node);

// The name of an atom (UTF-8), quoted and escaped where Erlang needs it: 'Elixir.Shop', shop, 'if'.
std::string atom_text(std::string_view name);

// 'Elixir.Shop.Cart':init/1
std::string mfa_text(std::string_view module, std::string_view function, std::uint64_t arity);

}  // namespace beamtape
