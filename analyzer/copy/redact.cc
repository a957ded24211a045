#include "analyzer/copy/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "analyzer/copy/known_words.h"

namespace beamtape {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// Facts about a node that say what it runs on, not whose it is.
constexpr std::array<std::string_view, 25> kFacts{"atom_limit",
                                                  "creation",
                                                  "dirty_cpu_schedulers",
                                                  "dirty_cpu_schedulers_online",
                                                  "dirty_io_schedulers",
                                                  "dist_buf_busy_limit",
                                                  "emu_flavor",
                                                  "emu_type",
                                                  "ets_limit",
                                                  "logical_processors_available",
                                                  "logical_processors",
                                                  "logical_processors_online",
                                                  "native_per_second",
                                                  "net_ticktime",
                                                  "otp_release",
                                                  "port_limit",
                                                  "process_limit",
                                                  "schedulers",
                                                  "schedulers_online",
                                                  "start_time",
                                                  "system_architecture",
                                                  "system_version",
                                                  "version",
                                                  "wordsize",
                                                  "process_count"};

// Length of "<0.12.0>", "#Ref<0.1.2.3>", "#Port<0.7>" at the start of `text`; else 0.
std::size_t identifier_length(std::string_view text) {
  std::size_t at = 0;
  for (const std::string_view prefix : {"#Ref<", "#Port<", "<"}) {
    if (text.starts_with(prefix)) {
      at = prefix.size();
      break;
    }
  }
  if (at == 0) return 0;
  const std::size_t from = at;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  return at > from && at < text.size() && text[at] == '>' ? at + 1 : 0;
}

std::string_view unquoted(std::string_view atom) {
  const bool quoted = atom.size() >= 2 && atom.front() == '\'' && atom.back() == '\'';
  return quoted ? atom.substr(1, atom.size() - 2) : atom;
}

// Where the atom at the start of `text` ends; 0 if there is none.
std::size_t atom_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '\'') {
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == '\'') {
        return at + 1;
      }
    }
    return 0;
  }
  std::size_t at = 0;
  while (at < text.size() &&
         (is_letter(text[at]) || is_digit(text[at]) || text[at] == '_' || text[at] == '@')) {
    ++at;
  }
  return at;
}

struct Callable {
  std::string_view module, function, arity;
};

// "gen_server:loop/7"; with its number folded also "gen_server:loop/_".
std::optional<Callable> as_callable(std::string_view text) {
  const std::size_t module = atom_length(text);
  if (module == 0 || module >= text.size() || text[module] != ':') return std::nullopt;
  const auto rest = text.substr(module + 1);
  const std::size_t function = atom_length(rest);
  if (function == 0 || function >= rest.size() || rest[function] != '/') return std::nullopt;
  const auto arity = rest.substr(function + 1);
  const bool number = std::all_of(arity.begin(), arity.end(), is_digit) || arity == "_";
  if (arity.empty() || arity.size() > 3 || !number) return std::nullopt;
  return Callable{text.substr(0, module), rest.substr(0, function), arity};
}

// Whose `$initial_call` has the callback module in the place of the function.
bool names_a_module(std::string_view module) {
  return module == "supervisor" || module == "supervisor_bridge" ||
         module == "Elixir.DynamicSupervisor" || module == "Elixir.PartitionSupervisor";
}

// "xbaba", "xbabe", …: letters alone, and no word.
std::string pseudonym(std::size_t number) {
  constexpr std::string_view kConsonants = "bdfgklmnprstvz", kVowels = "aeiou";
  std::string text;
  for (int syllable = 0; syllable < 2 || number > 0; ++syllable) {
    const std::size_t part = number % (kConsonants.size() * kVowels.size());
    number /= kConsonants.size() * kVowels.size();
    text.insert(0, {kConsonants[part / kVowels.size()], kVowels[part % kVowels.size()]});
  }
  return "x" + text;
}

}  // namespace

const std::string& Redactor::letters(std::string_view run) {
  const auto known = letters_.find(run);
  if (known != letters_.end()) return known->second;
  std::string made = pseudonym(letters_.size());
  // An Elixir module is told by its capitals.
  if (run[0] >= 'A' && run[0] <= 'Z') made[0] = 'X';
  return letters_.emplace(std::string(run), std::move(made)).first->second;
}

const std::string& Redactor::digits(std::string_view run) {
  const auto known = digits_.find(run);
  if (known != digits_.end()) return known->second;
  return digits_.emplace(std::string(run), std::to_string(digits_.size() + 1)).first->second;
}

std::string Redactor::runs(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = identifier_length(text.substr(at));
    if (length > 0) {
      made += text.substr(at, length);
    } else if (is_digit(text[at])) {
      while (at + length < text.size() && is_digit(text[at + length])) ++length;
      made += digits(text.substr(at, length));
    } else if (is_letter(text[at])) {
      while (at + length < text.size() && is_letter(text[at + length])) ++length;
      const auto run = text.substr(at, length);
      const bool extension = at > 0 && text[at - 1] == '.' && at + length == text.size() &&
                             (run == "erl" || run == "ex" || run == "exs" || run == "hrl");
      const bool prefix = run == "Elixir" && text.substr(at + length).starts_with('.');
      made += extension || prefix ? std::string(run) : letters(run);
    } else {
      length = 1;
      made += text[at];
    }
    at += length;
  }
  return made;
}

std::string Redactor::name(std::string_view atom) {
  return is_known_module(unquoted(atom)) ? std::string(atom) : runs(atom);
}

std::string Redactor::callable(std::string_view module, std::string_view function,
                               std::string_view arity) {
  const std::string_view plain = unquoted(module);
  std::string called;
  if (names_a_module(plain)) {
    called = name(function);
  } else if (is_known_module(plain) || function == "init") {
    called = function;
  } else {
    called = runs(function);
  }
  return fmt::format("{}:{}/{}", name(module), called, arity);
}

std::string Redactor::text(std::string_view text) {
  if (is_known_word(unquoted(text))) return std::string(text);
  if (const auto call = as_callable(text)) {
    return callable(call->module, call->function, call->arity);
  }
  // "gen_server.erl", also in quotes; "eheap_alloc/2".
  std::string_view bare = text;
  if (bare.size() >= 2 && bare.front() == '"' && bare.back() == '"')
    bare = bare.substr(1, bare.size() - 2);
  for (const std::string_view extension : {".erl", ".ex"}) {
    if (bare.ends_with(extension) &&
        is_known_module(bare.substr(0, bare.size() - extension.size()))) {
      return std::string(text);
    }
  }
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos && text.substr(0, slash).ends_with("_alloc") &&
      is_known_word(text.substr(0, slash))) {
    const auto instance = text.substr(slash + 1);
    if (instance == "_" || std::all_of(instance.begin(), instance.end(), is_digit))
      return std::string(text);
  }
  return runs(text);
}

void Redactor::node(NodeRecord& node) {
  node.name = text(node.name);
  for (auto& [key, value] : node.facts) {
    if (std::find(kFacts.begin(), kFacts.end(), key) == kFacts.end()) value = text(value);
  }
  for (auto& application : node.applications) {
    if (is_known_module(application.name)) continue;
    application.name = text(application.name);
    application.version = runs(application.version);
  }
}

CopyChanges Redactor::changes() {
  CopyChanges changes;
  changes.redacts = true;
  changes.text = [this](std::string_view one) { return text(one); };
  changes.node = [this](NodeRecord& one) { node(one); };
  // What the recorder says may quote names and addresses.
  changes.gap = [](GapRecord& gap) { gap.reason = "not recorded (reason redacted)"; };
  changes.note = [](NoteRecord& note) { note.text = "(redacted)"; };
  return changes;
}

}  // namespace beamtape
