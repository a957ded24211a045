#include "recorder/term/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "recorder/term/number_text.h"
#include "recorder/term/utf8.h"

namespace beamtape {
namespace {

// `maybe` and `else` are words of OTP 27 on; quoted they are the same atom in every release.
constexpr std::array<std::string_view, 29> kReservedWords = {
    "after", "and",   "andalso", "band",   "begin",   "bnot", "bor", "bsl",  "bsr", "bxor",
    "case",  "catch", "cond",    "div",    "else",    "end",  "fun", "if",   "let", "maybe",
    "not",   "of",    "or",      "orelse", "receive", "rem",  "try", "when", "xor"};

// Erlang's syntax knows the letters of latin-1 only.
bool is_lower(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}
bool is_name_character(std::uint32_t c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

// io_lib:printable_unicode_list/1.
bool is_printable(std::int64_t c) {
  return (c >= 0x20 && c <= 0x7E) || (c >= 8 && c <= 13) || c == 27 || (c >= 0xA0 && c < 0xD800) ||
         (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF);
}

bool is_printable_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto c = take_utf8(text);
    if (!c || !is_printable(*c)) return false;
  }
  return true;
}

bool needs_quotes(std::string_view name) {
  if (std::find(kReservedWords.begin(), kReservedWords.end(), name) != kReservedWords.end()) {
    return true;
  }
  const auto first = take_utf8(name);
  if (!first || !is_lower(*first)) return true;
  while (!name.empty()) {
    const auto next = take_utf8(name);
    if (!next || !is_name_character(*next)) return true;
  }
  return false;
}

void append_escaped(std::string& text, std::uint32_t c, char quote) {
  constexpr std::string_view kControls = "btnvfr";  // 8 to 13
  if (c == static_cast<std::uint32_t>(quote) || c == '\\') {
    text.push_back('\\');
    text.push_back(static_cast<char>(c));
  } else if (c >= 8 && c <= 13) {
    text.push_back('\\');
    text.push_back(kControls[c - 8]);
  } else if (c == 27) {
    text.append("\\e");
  } else if (c == 127) {
    text.append("\\d");
  } else if (c < 32 || (c > 127 && c < 160)) {
    text.append(fmt::format("\\{:03o}", c));
  } else {
    append_utf8(text, c);
  }
}

std::string quoted(std::string_view utf8, char quote) {
  std::string text(1, quote);
  while (!utf8.empty()) {
    const auto c = take_utf8(utf8);
    append_escaped(text, c.value_or(0xFFFD), quote);
    if (!c) utf8.remove_prefix(1);
  }
  text.push_back(quote);
  return text;
}

std::string node_part(const AtomView& node, std::string_view own_node) {
  return node == own_node ? "0" : node.utf8();
}

std::string fun_text(const FunView& fun) {
  const std::string module = atom_text(fun.module.utf8());
  if (!fun.is_external) return fmt::format("#Fun<{}.{}.{}>", module, fun.index, fun.uniq);
  return fmt::format("fun {}:{}/{}", module, atom_text(fun.function.utf8()), fun.arity);
}

// Writes a term that is known to be whole. Stops, leaving `text_` too long, once it is full.
class TextWriter {
 public:
  TextWriter(std::string_view own_node, std::size_t max_bytes)
      : own_node_(own_node), max_bytes_(max_bytes) {}

  void write(Cursor& cursor, int depth);
  std::string finish() && {
    cut_utf8(text_, max_bytes_);
    return std::move(text_);
  }

 private:
  bool is_full() const { return text_.size() > max_bytes_; }
  void write_elements(Cursor& cursor, std::uint32_t count, int depth);
  void write_list(Cursor& cursor, int depth);
  bool write_string(Cursor cursor);
  void write_map(Cursor& cursor, int depth);
  void write_binary(Cursor& cursor);
  bool write_characters(std::string_view bytes);

  std::string_view own_node_;
  std::size_t max_bytes_;
  std::string text_;
};

void TextWriter::write(Cursor& cursor, int depth) {
  if (is_full()) return;
  if (depth > kMaxTextDepth) {
    text_.append("...");
    cursor.skip();
    return;
  }
  switch (cursor.kind()) {
    case TermKind::kInteger:
      text_.append(integer_text(cursor.raw()));
      break;
    case TermKind::kFloat:
      text_.append(float_text(cursor.floating().value_or(0)));
      break;
    case TermKind::kAtom:
      text_.append(atom_text(cursor.atom().value_or(AtomView{}).utf8()));
      break;
    case TermKind::kPid:
      text_.append(pid_text(cursor.pid().value_or(PidView{}), own_node_));
      break;
    case TermKind::kPort:
      text_.append(port_text(cursor.port().value_or(PortView{}), own_node_));
      break;
    case TermKind::kReference:
      text_.append(reference_text(cursor.reference().value_or(ReferenceView{}), own_node_));
      break;
    case TermKind::kFun:
      text_.append(fun_text(cursor.fun().value_or(FunView{})));
      break;
    case TermKind::kBinary:
      write_binary(cursor);
      break;
    case TermKind::kTuple:
      text_.push_back('{');
      write_elements(cursor, cursor.tuple().value_or(0), depth);
      text_.push_back('}');
      break;
    case TermKind::kList:
      if (!write_string(cursor)) return write_list(cursor, depth);
      cursor.skip();
      break;
    case TermKind::kMap:
      write_map(cursor, depth);
      break;
    case TermKind::kNone:
      break;
  }
}

void TextWriter::write_elements(Cursor& cursor, std::uint32_t count, int depth) {
  for (std::uint32_t i = 0; i < count && !is_full(); ++i) {
    if (i > 0) text_.push_back(',');
    write(cursor, depth + 1);
  }
}

void TextWriter::write_list(Cursor& cursor, int depth) {
  text_.push_back('[');
  ListReader list(cursor);
  for (bool first = true; !is_full() && list.next(); first = false) {
    if (!first) text_.push_back(',');
    write(cursor, depth + 1);
  }
  if (!list.improper_tail().empty()) {
    text_.push_back('|');
    Cursor tail(list.improper_tail());
    write(tail, depth + 1);
  }
  text_.push_back(']');
}

// Writes a list of printable latin-1 characters as a string; false, and nothing written, for
// another list. What is too long for the text is not looked at. (Above 255 lists are more often of
// numbers than of characters; bytes that happen to be UTF-8 are text nearly always.)
bool TextWriter::write_string(Cursor cursor) {
  ListReader list(cursor);
  if (list.size() == 0) return false;
  std::string characters;
  while (characters.size() <= max_bytes_ && list.next()) {
    const auto c = cursor.integer();
    if (!c || *c > 0xFF || !is_printable(*c)) return false;
    append_utf8(characters, static_cast<std::uint32_t>(*c));
  }
  if (!list.improper_tail().empty()) return false;
  text_.append(quoted(characters, '"'));
  return true;
}

void TextWriter::write_map(Cursor& cursor, int depth) {
  const std::uint32_t pairs = cursor.map().value_or(0);
  text_.append("#{");
  for (std::uint32_t i = 0; i < pairs && !is_full(); ++i) {
    if (i > 0) text_.push_back(',');
    write(cursor, depth + 1);
    text_.append(" => ");
    write(cursor, depth + 1);
  }
  text_.push_back('}');
}

void TextWriter::write_binary(Cursor& cursor) {
  const int unused_bits = cursor.unused_bits();
  const auto bytes = cursor.binary().value_or(std::span<const std::uint8_t>{});
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text_.append("<<");
  if (unused_bits != 0 || !write_characters(view)) {
    for (std::size_t i = 0; i < bytes.size() && !is_full(); ++i) {
      const bool is_partial = i + 1 == bytes.size() && unused_bits != 0;
      text_.append(i > 0 ? "," : "");
      text_.append(is_partial ? fmt::format("{}:{}", bytes[i] >> unused_bits, 8 - unused_bits)
                              : fmt::format("{}", bytes[i]));
    }
  }
  text_.append(">>");
}

// Writes printable UTF-8, or failing that printable latin-1; false, and nothing written, for
// others.
bool TextWriter::write_characters(std::string_view bytes) {
  if (bytes.empty()) return false;
  std::size_t shown = std::min(bytes.size(), max_bytes_ + 1);
  // What is too long for the text is not looked at; do not cut a character in two.
  while (shown > 0 && shown < bytes.size() && (bytes[shown] & 0xC0) == 0x80) --shown;
  if (shown == 0) return false;
  bytes = bytes.substr(0, shown);
  if (is_printable_utf8(bytes)) {
    text_.append(quoted(bytes, '"'));
    const auto is_ascii = [](char byte) { return static_cast<std::uint8_t>(byte) < 0x80; };
    if (!std::all_of(bytes.begin(), bytes.end(), is_ascii)) text_.append("/utf8");
    return true;
  }
  const std::string latin1 = utf8_from_latin1(bytes);
  if (!is_printable_utf8(latin1)) return false;
  text_.append(quoted(latin1, '"'));
  return true;
}

}  // namespace

std::string term_text(Cursor& cursor, std::string_view own_node, std::size_t max_bytes) {
  const auto whole = cursor.raw();
  Cursor term(whole);
  TextWriter writer(own_node, max_bytes);
  writer.write(term, 0);
  return std::move(writer).finish();
}

std::string pid_text(const PidView& pid, std::string_view own_node) {
  return fmt::format("<{}.{}.{}>", node_part(pid.node, own_node), pid.id, pid.serial);
}

std::string port_text(const PortView& port, std::string_view own_node) {
  return fmt::format("#Port<{}.{}>", node_part(port.node, own_node), port.id);
}

std::string reference_text(const ReferenceView& reference, std::string_view own_node) {
  std::string text = "#Ref<" + node_part(reference.node, own_node);
  for (std::uint32_t i = reference.size; i > 0; --i) {
    text.append(fmt::format(".{}", reference.words[i - 1]));
  }
  return text + ">";
}

std::string atom_text(std::string_view name) {
  return needs_quotes(name) ? quoted(name, '\'') : std::string(name);
}

std::string mfa_text(std::string_view module, std::string_view function, std::uint64_t arity) {
  return fmt::format("{}:{}/{}", atom_text(module), atom_text(function), arity);
}

}  // namespace beamtape
