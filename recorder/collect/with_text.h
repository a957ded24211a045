#pragma once

#include "schema/model/ref.h"
#include "schema/tables/column.h"

namespace beamtape {

// A cell of this type with the id of the text in it, if there is one, replaced by what `text` makes
// of that id. Lists are no texts.
template <typename Text>
Cell with_text(Cell cell, Type type, Text&& text) {
  if (is_missing(cell)) return cell;
  if (type == Type::kAtom || type == Type::kTerm) return text(cell);
  if (type != Type::kRef) return cell;
  const Ref ref = unpack(cell);
  if (ref.tag != Ref::Tag::kText) return cell;
  const Cell id = text(static_cast<Cell>(ref.value));
  if (is_missing(id)) return id;
  return pack({Ref::Tag::kText, static_cast<std::uint64_t>(id)});
}

}  // namespace beamtape
