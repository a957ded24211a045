#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/diff/growth.h"
#include "analyzer/findings/findings.h"
#include "analyzer/load/frame.h"
#include "analyzer/load/recording.h"
#include "analyzer/waits/waits.h"

namespace beamtape {

// What a postmortem wants of a recording, gathered once and then written as HTML, Markdown or JSON:
// what was recorded and how completely, timelines, findings, the largest of everything, who waited,
// where memory grew. Everything in it is also the answer of a command.

// One number of the node at each of its snapshots; NaN where there is none.
struct Timeline {
  std::string column;  // of the table `node`, or "rate(…)" of it
  std::string label;   // for people
  Unit unit = Unit::kNone;
  std::vector<double> values;
};

// Several in one picture, stacked on each other or not.
struct Chart {
  std::string title;
  bool stacked = false;
  std::vector<Timeline> lines;
};

// Rows of a table at the last snapshot, the first by a column.
struct TopTable {
  std::string title;
  std::vector<Shown> columns;
  std::vector<std::vector<Value>> rows;
  // What the lists in `rows` refer to.
  const Table* table = nullptr;
  std::string note;  // who is not among them, and why; may be empty
};

struct NodeReport {
  std::string name;
  std::vector<const SnapshotRecord*> snapshots;
  std::vector<Chart> charts;
  // Between its first and last snapshot; nothing where memory was not read.
  std::optional<GrowthPart> growth;
  std::vector<TopTable> tables;
  Waits waits;  // at the last snapshot
};

struct Report {
  const Recording* recording = nullptr;
  Findings findings;
  std::vector<NodeReport> nodes;
  std::vector<std::pair<std::string, std::string>> facts;  // of the recording, in words
  std::vector<Damage> damage;
};

// Reads what is needed; damaged parts are left out and named.
Expected<Report> make_report(const Recording& recording);

// One file each, whole. HTML holds everything in itself: no scripts, nothing from elsewhere.
std::string report_html(const Report& report);
std::string report_markdown(const Report& report);
std::string report_json(const Report& report);

}  // namespace beamtape
