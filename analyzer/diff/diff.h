#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/diff/growth.h"
#include "analyzer/diff/things.h"

namespace beamtape {

// What changed between two snapshots of one recording, or of two.

struct DiffMetric {
  std::string name;
  Unit unit = Unit::kNone;
  Kind kind = Kind::kGauge;
};

// A number at both sides. Nothing where the thing is not there, or the value was not read.
struct Amount {
  std::optional<std::int64_t> a;
  std::optional<std::int64_t> b;
};

struct DiffRow {
  enum class Change { kAppeared, kGone, kChanged };

  Change change = Change::kChanged;
  std::string id;  // pid, table or port; empty where it was matched by name
  std::string name;
  std::vector<Amount> amounts;  // one for each metric

  // b - a; all of it for what appeared or is gone. Nothing where a value was not read.
  std::optional<std::int64_t> difference(std::size_t metric) const;
  // Of a; nothing where a is 0 or was not there.
  std::optional<double> percent(std::size_t metric) const;
};

const char* change_name(DiffRow::Change change);  // "appeared", "gone", "changed"

struct DiffTable {
  std::string subject;
  std::vector<DiffMetric> metrics;  // the first is what the rows are ordered by
  std::vector<DiffRow> rows;        // without those that are the same; largest difference first
  std::size_t same = 0;
  std::size_t unknown = 0;  // on one side only, because they may be in what is damaged of the other

  std::size_t count(DiffRow::Change change) const;
};

struct Diff {
  Matching matching = Matching::kIdentity;
  // Between the two by the recorder's clock: rates are per this. Nothing where they are of
  // different lives or recordings: a rate would mean nothing.
  std::optional<double> seconds;
  std::vector<DiffTable> tables;     // node, group, process, ets, port, allocator
  std::optional<GrowthPart> growth;  // nothing where the node's memory was not read
  std::vector<std::string> damage;

  std::optional<double> per_second(std::optional<std::int64_t> difference) const;
};

// The sides may be given in any order of time. kUsage: both are the same snapshot.
Expected<Diff> diff(const DiffSide& a, const DiffSide& b);

// Diff::growth alone: the rows of the tables are not made, which are most of the memory.
Expected<std::optional<GrowthPart>> growth_between(const DiffSide& a, const DiffSide& b);

}  // namespace beamtape
