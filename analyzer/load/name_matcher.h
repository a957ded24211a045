#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/store/reader.h"
#include "schema/tables/column.h"

namespace beamtape {

// Which texts of a recording are the name that a person typed. Texts have other ids in each
// keyframe group, so whether an id fits is remembered per group. Does not own the reader.
class NameMatcher {
 public:
  NameMatcher(Reader& reader, const std::string& wanted);

  // `type` is kAtom or kTerm. A string or a quoted atom fits with and without its quotes.
  bool fits(std::int64_t epoch, Cell id, Type type);

 private:
  struct Known {
    std::unordered_map<Cell, bool> atoms;
    std::unordered_map<Cell, bool> terms;
  };
  bool same(std::string_view text, Type type) const;

  Reader& reader_;
  std::string wanted_;
  std::map<std::int64_t, Known> known_;  // by epoch
  std::int64_t current_epoch_ = 0;
  Known* current_ = nullptr;
};

}  // namespace beamtape
