#include "analyzer/load/name_matcher.h"

#include "analyzer/load/elixir_names.h"

namespace beamtape {

NameMatcher::NameMatcher(Reader& reader, const std::string& wanted)
    : reader_(reader), wanted_(written_term(wanted)) {}

bool NameMatcher::fits(std::int64_t epoch, Cell id, Type type) {
  if (!current_ || epoch != current_epoch_) {
    current_epoch_ = epoch;
    current_ = &known_[epoch];
  }
  auto& known = type == Type::kAtom ? current_->atoms : current_->terms;
  const auto [entry, is_new] = known.try_emplace(id, false);
  if (is_new) {
    const auto text = reader_.text(epoch, id);
    entry->second = text && same(*text, type);
  }
  return entry->second;
}

bool NameMatcher::same(std::string_view text, Type type) const {
  const auto written = type == Type::kAtom ? written_atom(text) : written_term(text);
  if (written == wanted_) return true;
  return type == Type::kTerm &&
         (written == '"' + wanted_ + '"' || written == "<<\"" + wanted_ + "\">>" ||
          written == "<<\"" + wanted_ + "\"/utf8>>" || written == '\'' + wanted_ + '\'');
}

}  // namespace beamtape
