// The filter's texts stand in quotes of either kind and know no escapes. What cannot stand there,
// or would not be what the row has, becomes `*`, any text: the other quote where both are in it,
// control characters and broken UTF-8 (which findings have as \xNN), and backticks, which end a
// command in an advice. A text that needs no `*` is asked for by `=`: "cart" is not "cart_sup".

#include "analyzer/findings/group_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "analyzer/load/text.h"

namespace beamtape {
namespace {

// "\x1b"
constexpr std::size_t kEscapeLength = 4;

bool is_escape(std::string_view text, std::size_t at) {
  return at + kEscapeLength <= text.size() && text[at] == '\\' && text[at + 1] == 'x' &&
         std::isxdigit(static_cast<unsigned char>(text[at + 2])) != 0 &&
         std::isxdigit(static_cast<unsigned char>(text[at + 3])) != 0;
}

struct Pattern {
  std::string text;
  bool exact = true;  // no `*` stands for something else

  void any() {
    exact = false;
    if (text.empty() || text.back() != '*') text += '*';
  }
};

Pattern typeable(std::string_view text) {
  const std::string plain = printable(text);
  const bool both = plain.find('"') != std::string::npos && plain.find('\'') != std::string::npos;
  Pattern pattern;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    if (is_escape(plain, at)) {
      pattern.any();
      at += kEscapeLength - 1;
    } else if (plain[at] == '`' || (both && plain[at] == '"')) {
      pattern.any();
    } else {
      pattern.text += plain[at];
    }
  }
  return pattern;
}

std::string filter_of(const std::string& column, Pattern pattern) {
  std::string& text = pattern.text;
  if (!pattern.exact) {  // `~` looks anywhere in the text
    const auto first = text.find_first_not_of('*');
    if (first == std::string::npos) return "";
    text = text.substr(first, text.find_last_not_of('*') - first + 1);
  }
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return fmt::format("{} {} {}{}{}", column, pattern.exact ? '=' : '~', quote, text, quote);
}

}  // namespace

std::string filter_of(const std::string& column, std::string_view text) {
  return filter_of(column, typeable(text));
}

std::string group_filter(std::string_view group) {
  const Pattern name = typeable(group);
  // What was folded has no digits left: this is a name as it is, as of a function.
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::any_of(name.text.begin(), name.text.end(), digit)) return filter_of("name", name);
  Pattern pattern{"", name.exact};
  for (const char c : name.text) {
    if (c == '_') {
      pattern.any();
    } else {
      pattern.text += c;
    }
  }
  return filter_of("name", std::move(pattern));
}

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += R"('\'')";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string filter_option(std::string_view group) {
  if (group == "other") return "";
  const std::string filter = group == "unknown" ? "name is null" : group_filter(group);
  return filter.empty() ? "" : " --filter " + shell_word(filter);
}

}  // namespace beamtape
