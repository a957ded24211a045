#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "schema/store/reader.h"

namespace beamtape {

// "snapshot #12: processes 0-4095: checksum does not match".
inline std::string damage_text(const Damage& damage) {
  if (damage.snapshot == 0) return damage.what;
  return fmt::format("snapshot #{}: {}", damage.snapshot, damage.what);
}

// Each part once although several steps met it.
inline std::vector<std::string> damage_texts(const std::vector<Damage>& damage) {
  std::vector<std::string> words;
  for (const Damage& one : damage) {
    const std::string text = damage_text(one);
    if (std::find(words.begin(), words.end(), text) == words.end()) words.push_back(text);
  }
  return words;
}

// Goes on after "nothing found": empty unless something could not be read.
inline const char* in_what_was_read(const std::vector<Damage>& damage) {
  return damage.empty() ? "" : " in what could be read: parts are damaged";
}

}  // namespace beamtape
