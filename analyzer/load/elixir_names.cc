#include "analyzer/load/elixir_names.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace beamtape {

namespace {

constexpr std::string_view kPrefix = "Elixir.";

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) {
  return is_upper(c) || is_lower(c) || is_digit(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// "MyApp.Worker2": what may stand without quotes after the prefix.
bool is_alias(std::string_view name) {
  bool at_start = true;
  for (const char c : name) {
    if (at_start ? !is_upper(c) : !is_name_char(c) && c != '.') return false;
    at_start = c == '.';
  }
  return !at_start;
}

bool is_plain_function(std::string_view name) {
  if (name.empty() || !(is_lower(name[0]) || name[0] == '_')) return false;
  if (name.back() == '?' || name.back() == '!') name.remove_suffix(1);
  return std::all_of(name.begin(), name.end(), is_name_char);
}

std::optional<std::string_view> module_alias(std::string_view atom) {
  if (atom.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const auto rest = atom.substr(kPrefix.size());
  return is_alias(rest) ? std::optional(rest) : std::nullopt;
}

// Position after the quoted text that starts at `at`; the end if it is not closed.
std::size_t after_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t after_name(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_name_char(text[at]) || text[at] == '@')) ++at;
  return at;
}

// The compiler's name of an anonymous function, "-init/1-fun-0-" -> "init/1"; also of one that
// stands in another one. Nothing for any other name.
std::optional<std::string_view> enclosing_function(std::string_view name) {
  if (name.size() < 2 || name.front() != '-' || name.back() != '-') return std::nullopt;
  const auto fun = name.find("-fun-");
  if (fun == std::string_view::npos || fun < 2) return std::nullopt;
  const auto inner = name.substr(1, fun - 1);
  const auto slash = inner.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == inner.size()) return std::nullopt;
  const auto arity = inner.substr(slash + 1);
  const bool numeric = std::all_of(arity.begin(), arity.end(), is_digit);
  return numeric ? std::optional(inner) : std::nullopt;
}

// Writes ":function/arity" that follows an Elixir module; returns the position after what
// was used. `out` ends with the module.
std::size_t write_function(std::string_view term, std::size_t at, std::string_view module,
                           std::string& out) {
  if (at + 1 >= term.size() || term[at] != ':') return at;
  const std::size_t start = at + 1;
  if (term[start] != '\'') {
    const std::size_t end = after_name(term, start);
    if (end == start) return at;
    out += '.';
    out += term.substr(start, end - start);
    return end;
  }
  const std::size_t end = after_quoted(term, start);
  const auto name = term.substr(start + 1, end - start - 2);
  const auto enclosing = enclosing_function(name);
  const std::size_t after_arity =
      end < term.size() && term[end] == '/' ? after_name(term, end + 1) : end;
  if (enclosing && after_arity > end + 1) {
    out.resize(out.size() - module.size());
    out += "anonymous fn";
    out += term.substr(end, after_arity - end);
    out += " in ";
    out += module;
    out += '.';
    out += *enclosing;
    return after_arity;
  }
  out += '.';
  if (is_plain_function(name)) {
    out += name;
  } else {
    out += '"';
    out += name;
    out += '"';
  }
  return end;
}

}  // namespace

std::string written_atom(std::string_view atom) {
  return std::string(module_alias(atom).value_or(atom));
}

std::string written_term(std::string_view term) {
  if (module_alias(term)) return written_atom(term);
  if (term.find("'Elixir.") == std::string_view::npos) return std::string(term);
  std::string out;
  out.reserve(term.size());
  for (std::size_t at = 0; at < term.size();) {
    const char c = term[at];
    if (c == '$' && at + 1 < term.size()) {  // a character: $' opens nothing
      const std::size_t length = term[at + 1] == '\\' ? 3 : 2;
      out += term.substr(at, length);
      at += length;
    } else if (c == '"' || c == '\'') {
      const std::size_t end = after_quoted(term, at);
      const auto whole = term.substr(at, end - at);
      const bool closed = whole.size() >= 2 && whole.back() == c;
      const auto module =
          c == '\'' && closed ? module_alias(whole.substr(1, whole.size() - 2)) : std::nullopt;
      out += module.value_or(whole);
      at = module ? write_function(term, end, *module, out) : end;
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

std::string module_of(const std::string& function) {
  constexpr std::string_view kIn = " in ";  // of a fun, the function that it is in
  const std::size_t in = function.rfind(kIn);
  const std::string name = in == std::string::npos ? function : function.substr(in + kIn.size());
  if (const auto colon = name.rfind(':'); colon != std::string::npos) return name.substr(0, colon);
  // The parts of an Elixir module begin with a capital, a function does not.
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    if (dot + 1 < name.size() && (name[dot + 1] < 'A' || name[dot + 1] > 'Z'))
      return name.substr(0, dot);
  }
  return name;
}

}  // namespace beamtape
