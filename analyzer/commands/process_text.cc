#include "analyzer/commands/process_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "analyzer/commands/rows.h"
#include "analyzer/commands/text_table.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"

namespace beamtape {
namespace {

// More lives than this are listed, one line each, instead of told.
constexpr std::size_t kLivesTold = 5;
constexpr std::size_t kRelatedShown = 8;

constexpr std::array<const char*, 8> kIdentityLines{
    "registered_name", "label",     "dictionary_initial_call", "initial_call",
    "priority",        "trap_exit", "message_queue_data",      "fullsweep_after"};
constexpr std::array<const char*, 6> kHistoryColumns{
    "message_queue_len", "memory", "reductions", "status", "links_count", "current_function"};

std::string clock_of(const SnapshotRecord& snapshot) {
  return clock_text(snapshot.began_wall_us, snapshot.interval_us < 1'000'000);
}

std::string span_of(const SnapshotRecord& first, const SnapshotRecord& last) {
  if (first.id == last.id) return fmt::format("#{} ({})", first.id, clock_of(first));
  return fmt::format("#{} to #{} ({} to {})", first.id, last.id, clock_of(first), clock_of(last));
}

class LifeWords {
 public:
  LifeWords(const Recording& recording, const ProcessLives& all, const ProcessLife& life)
      : recording_(recording), all_(all), life_(life) {}

  std::string text() {
    std::string out = heading();
    out += identity();
    out += "\nhistory\n" + history();
    out += relations();
    out += stacks();
    const std::string footnotes = notes_.text();
    return footnotes.empty() ? out : out + "\n" + footnotes;
  }

 private:
  std::string cell(const ProcessLife::Row& row, const std::string& column) {
    const Shown* shown = find_shown(all_.columns, column);
    if (!shown) return "-";
    const auto index = static_cast<std::size_t>(shown - all_.columns.data());
    return notes_.cell(row.values[index], shown->unit);
  }

  std::string heading() {
    const SnapshotRecord& first = *life_.rows.front().snapshot;
    const SnapshotRecord& last = *life_.rows.back().snapshot;
    return fmt::format("{}  {}  on {}\nlisted {} {}, {}\n", life_.pid,
                       cell(life_.rows.back(), "name"), printable(recording_.node_name(first)),
                       date_text(first.began_wall_us), span_of(first, last), end_text());
  }

  const char* end_text() const {
    if (life_.lives_at_end) return "lives at the end";
    return life_.end_unknown ? "what came after that is damaged" : "gone after that";
  }

  std::string identity() {
    TextTable table({{"", false, false}, {"", false, false}});
    for (const char* column : kIdentityLines) {
      const std::string text = cell(life_.rows.back(), column);
      if (text != "-") table.add({column, text});
    }
    return table.text(0, "  ");
  }

  std::vector<std::string> cells_of(const ProcessLife::Row& row) {
    std::vector<std::string> cells;
    for (const char* column : kHistoryColumns) cells.push_back(cell(row, column));
    return cells;
  }

  // Why nothing is known between two snapshots of its node, a line for each reason; empty if they
  // are neighbours.
  std::vector<std::string> gaps_between(const SnapshotRecord& before,
                                        const SnapshotRecord& after) const {
    std::vector<std::string> lines;
    for (const GapRecord& gap : recording_.reader().gaps()) {
      const bool between = gap.from_wall_us >= before.began_wall_us &&
                           gap.from_wall_us < after.began_wall_us && gap.node == before.node;
      if (between) {
        lines.push_back(fmt::format("gap of {}: {}",
                                    duration_text(gap.to_wall_us - gap.from_wall_us),
                                    printable(gap.reason)));
      }
    }
    if (!lines.empty()) return lines;
    // A life has no holes of its own.
    const auto& all = recording_.reader().snapshots();
    const auto lost = std::count_if(all.begin(), all.end(), [&](const SnapshotRecord& one) {
      return one.node == before.node && one.id > before.id && one.id < after.id;
    });
    if (lost == 0) return {};
    return {counted(static_cast<std::size_t>(lost), "snapshot") + ": damaged"};
  }

  std::string history() {
    std::vector<TextTable::ColumnStyle> styles{{"snapshot", false, false}, {"time", false, false}};
    for (const char* column : kHistoryColumns) {
      const Shown* shown = find_shown(all_.columns, column);
      const bool number = shown && shown->is_number();
      styles.push_back({column, number, !number});
    }
    TextTable table(styles);
    std::string text;
    for (std::size_t i = 0; i < life_.rows.size();) {
      const auto cells = cells_of(life_.rows[i]);
      std::size_t end = i + 1;
      std::vector<std::string> gaps;
      for (; end < life_.rows.size(); ++end) {
        gaps = gaps_between(*life_.rows[end - 1].snapshot, *life_.rows[end].snapshot);
        if (!gaps.empty() || cells_of(life_.rows[end]) != cells) break;
      }
      const SnapshotRecord& first = *life_.rows[i].snapshot;
      const SnapshotRecord& last = *life_.rows[end - 1].snapshot;
      std::vector<std::string> line{first.id == last.id ? fmt::format("#{}", first.id)
                                                        : fmt::format("#{}-#{}", first.id, last.id),
                                    clock_of(first)};
      line.insert(line.end(), cells.begin(), cells.end());
      table.add(std::move(line));
      for (std::string& gap : gaps) table.add_line(std::move(gap));
      i = end;
    }
    return table.text(kTerminalWidth, "  ");
  }

  static std::string related_text(const Related& related) {
    return related.name.empty() ? related.ref : fmt::format("{} ({})", related.ref, related.name);
  }

  std::string relations() const {
    TextTable table({{"", false, false}, {"", true, false}, {"", false, false}});
    for (const Relation& relation : life_.relations) {
      std::vector<std::string> shown;
      for (std::size_t i = 0; i < relation.to.size() && i < kRelatedShown; ++i) {
        shown.push_back(related_text(relation.to[i]));
      }
      std::string text = joined(shown, ", ");
      if (relation.count > static_cast<std::int64_t>(shown.size())) text += ", …";
      table.add({relation.column, grouped(relation.count), text});
    }
    add_owned(table, "ets tables", life_.ets);
    add_owned(table, "ports", life_.ports);
    if (table.empty()) return {};
    return fmt::format("\nrelations in #{}\n", life_.rows.back().snapshot->id) +
           table.text(0, "  ");
  }

  static void add_owned(TextTable& table, const std::string& what, const std::vector<Owned>& all) {
    if (all.empty()) return;
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < all.size() && i < kRelatedShown; ++i) {
      std::string text = all[i].id == all[i].name ? all[i].id : all[i].id + " " + all[i].name;
      text += ", " + display(all[i].memory, Unit::kBytes);
      if (!no_value(all[i].size)) text += ", " + display(all[i].size, Unit::kCount) + " rows";
      shown.push_back(text);
    }
    std::string text = joined(shown, "; ");
    if (all.size() > shown.size()) text += "; …";
    table.add({what, grouped(static_cast<std::int64_t>(all.size())), text});
  }

  std::string stacks() const {
    if (life_.stacks.empty()) return {};
    std::string text = "\nstack\n";
    for (const StackSpan& span : life_.stacks) {
      text += "  " + span_of(*span.first, *span.last) + "\n";
      for (const std::string& frame : span.frames) text += "    " + frame + "\n";
      if (span.frames.empty()) text += "    empty\n";
    }
    return text;
  }

  const Recording& recording_;
  const ProcessLives& all_;
  const ProcessLife& life_;
  Footnotes notes_;
};

std::string summary(const Recording& recording, const ProcessLives& all) {
  TextTable table({{"pid", false, false},
                   {"name", false, true},
                   {"node", false, true},
                   {"from", false, false},
                   {"to", false, false},
                   {"snapshots", true, false}});
  const Shown* name = find_shown(all.columns, "name");
  for (const ProcessLife& life : all.lives) {
    const SnapshotRecord& first = *life.rows.front().snapshot;
    const SnapshotRecord& last = *life.rows.back().snapshot;
    const auto index = static_cast<std::size_t>(name - all.columns.data());
    table.add({life.pid, display(life.rows.back().values[index], Unit::kNone),
               printable(recording.node_name(first)), clock_of(first),
               life.lives_at_end ? "the end" : clock_of(last),
               grouped(static_cast<std::int64_t>(life.rows.size()))});
  }
  return table.text(kTerminalWidth, "");
}

}  // namespace

std::string process_text(const Recording& recording, const std::string& subject,
                         const ProcessLives& lives) {
  std::string text;
  if (lives.lives.size() > 1) {
    text = fmt::format("{} is {} processes of this recording\n", printable(subject),
                       lives.lives.size());
    text += summary(recording, lives);
  }
  if (lives.lives.size() > kLivesTold) return text + "\nname one by its pid for its history\n";
  for (const ProcessLife& life : lives.lives) {
    if (!text.empty()) text += "\n";
    text += LifeWords(recording, lives, life).text();
  }
  return text;
}

}  // namespace beamtape
