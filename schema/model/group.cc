#include "schema/model/group.h"

namespace beamtape {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Length of a pid, port or reference at the start of `text`: "<0.12.0>", "#Ref<0.1.2.3>"; else 0.
std::size_t identifier_length(std::string_view text) {
  std::size_t at = 0;
  for (const std::string_view prefix : {"#Ref<", "#Port<", "<"}) {
    if (text.substr(0, prefix.size()) == prefix) {
      at = prefix.size();
      break;
    }
  }
  if (at == 0) return 0;
  const std::size_t digits_from = at;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  return at > digits_from && at < text.size() && text[at] == '>' ? at + 1 : 0;
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string folded;
  for (std::size_t at = 0; at < name.size();) {
    if (const std::size_t length = identifier_length(name.substr(at)); length > 0) {
      folded += '_';
      at += length;
    } else if (is_digit(name[at])) {
      folded += '_';
      while (at < name.size() && is_digit(name[at])) ++at;
    } else {
      folded += name[at++];
    }
  }
  return folded;
}

}  // namespace beamtape
