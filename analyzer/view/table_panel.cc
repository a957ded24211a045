#include "analyzer/view/table_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/table_cells.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

// What a person chose in a panel. The words are remembered, the rest lasts while the window is
// open.
struct Choice {
  Choice(Session& session, const std::string& table)
      : filter(session.remembered->filters[table]),
        group_by(session.remembered->groupings[table]),
        view(group_by.empty() ? table : table + " by " + group_by),
        sort(session.remembered->sorts[view]),
        columns(session.remembered->columns[view]),
        first(seen(view).first),
        count(seen(view).second) {}

  std::string& filter;
  std::string& group_by;
  std::string view;  // by this the rest is kept
  std::string& sort;
  std::vector<std::string>& columns;  // empty: the usual ones
  std::size_t &first, &count;         // the rows that were visible last

 private:
  static std::pair<std::size_t, std::size_t>& seen(const std::string& view) {
    static std::map<std::string, std::pair<std::size_t, std::size_t>> all;
    return all.emplace(view, std::pair(0, 60)).first->second;
  }
};

void draw_filter_line(Session& session, Choice& choice, const Rows* rows) {
  ImGui::SetNextItemWidth(std::min(scaled(460), ImGui::GetContentRegionAvail().x * 0.45F));
  if (session.around.opens == Opens::kFilter) {
    session.around.opens = Opens::kNothing;
    focus_line(session);
  }
  ImGui::PushFont(faces().mono);
  std::array<char, 512> typed{};
  choice.filter.copy(typed.data(), typed.size() - 1);
  const std::string hint = rows ? "filter, as " + filter_example(*rows) : "filter";
  if (ImGui::InputTextWithHint("##filter", hint.c_str(), typed.data(), typed.size())) {
    choice.filter = typed.data();
  }
  ImGui::PopFont();
  explain(
      "Rows for which it holds: = != < <= > >= ~ (contains) !~, is [not] null, unread or missing, "
      "and, or, not, ( ); sizes 10MiB, times 5ms. Ctrl+F");
}

// After all that can be clicked, which stays in its place: what does not fit is in the tooltip.
void draw_count(const Rows* rows) {
  ImGui::SameLine();
  if (!rows) {
    quiet_text("reading …");
    return;
  }
  const auto number = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  const char* const what = rows->damage.empty() ? "rows" : "readable rows";
  std::string text =
      rows->matched == rows->total
          ? fmt::format("{} {}", number(rows->total), what)
          : fmt::format("{} of {} {}", number(rows->matched), number(rows->total), what);
  if (!rows->question.group_by.empty()) text = number(rows->order.size()) + " groups of " + text;
  if (rows->undecided > 0) {
    text +=
        fmt::format(", {} undecided: what the filter needs was not read", number(rows->undecided));
  }
  ImGui::AlignTextToFramePadding();
  const float room = ImGui::GetContentRegionAvail().x;
  quiet_text(text);
  if (ImGui::GetItemRectSize().x > room) explain(text);
}

void draw_grouping(Session& session, Choice& choice, const Rows& rows) {
  if (rows.group_keys.empty()) return;
  ImGui::SameLine();
  const std::string label =
      choice.group_by.empty() ? "Group by" : fmt::format("By {}", choice.group_by);
  if (ImGui::Button((label + "###grouping").c_str())) ImGui::OpenPopup("grouping");
  tell_place(session, "grouping");
  explain("Sums of rows by what they have in common");
  if (!begin_popup(session, "grouping")) return;
  if (ImGui::MenuItem("Each row", nullptr, choice.group_by.empty())) choice.group_by.clear();
  for (const std::string& key : rows.group_keys) {
    if (ImGui::MenuItem(key.c_str(), nullptr, choice.group_by == key)) choice.group_by = key;
    tell_place(session, "group by " + key);
  }
  ImGui::EndPopup();
}

void draw_column_chooser(Session& session, std::vector<std::string>& columns, const Rows& rows) {
  ImGui::SameLine();
  if (ImGui::Button("Columns")) ImGui::OpenPopup("columns");
  explain("Which columns to show");
  ImGui::SetNextWindowSizeConstraints({scaled(260), 0}, {scaled(420), scaled(480)});
  if (!begin_popup(session, "columns")) return;
  if (ImGui::MenuItem("The usual ones", nullptr, false, !columns.empty())) {
    columns.clear();
  }
  ImGui::Separator();
  std::vector<std::string> shown;
  for (const ColumnHead& head : rows.columns) shown.push_back(head.name);
  for (const ColumnHead& head : rows.all_columns) {
    const auto found = std::find(shown.begin(), shown.end(), head.name);
    bool chosen = found != shown.end();
    ImGui::Checkbox(head.name.c_str(), &chosen);
    explain(head.explanation);
    if (chosen == (found != shown.end())) continue;
    if (chosen) {
      shown.push_back(head.name);
    } else if (shown.size() > 1) {
      shown.erase(found);
    }
    columns = shown;
  }
  ImGui::EndPopup();
}

// What the curve in each row is of: the number that the rows are sorted by, else the memory. Empty
// for tables whose rows have no history of their own.
std::string spark_metric(const Rows& rows) {
  const std::string& table = rows.question.table;
  if (!rows.question.group_by.empty()) return "";
  if (table != "processes" && table != "ets" && table != "ports") return "";
  const auto found =
      std::find_if(rows.all_columns.begin(), rows.all_columns.end(),
                   [&](const ColumnHead& head) { return head.name == rows.sorted_by; });
  if (found == rows.all_columns.end() || !found->number) return "memory";
  // Of a change, that which has changed.
  const std::size_t open = rows.sorted_by.find('(');
  return open == std::string::npos
             ? rows.sorted_by
             : rows.sorted_by.substr(open + 1, rows.sorted_by.size() - open - 2);
}

// Where the curves stand: beside what names the row, so that they are in sight however narrow the
// place is. Among the columns of the table, that of the cell there and those after it move on.
std::size_t curve_column(const Rows& rows, const std::string& spark) {
  if (spark.empty()) return rows.columns.size();
  return rows.columns.size() > 1 && rows.columns[1].name == "name" ? 2 : 1;
}

ImGuiTableColumnFlags flags_of(const ColumnHead& head, const Rows& rows, const Choice& choice) {
  ImGuiTableColumnFlags flags = ImGuiTableColumnFlags_None;
  const bool first = head.name == rows.sorted_by;
  const bool chosen = choice.sort.rfind(head.name + ":", 0) == 0;
  const bool down = chosen ? choice.sort.find(head.name + ":desc") == 0 : head.number;
  if (down) flags |= ImGuiTableColumnFlags_PreferSortDescending;
  // A table begins anew when its columns change; what it was sorted by stays.
  if (first) flags |= ImGuiTableColumnFlags_DefaultSort;
  return flags;
}

void set_up_columns(const Rows& rows, const Choice& choice, const std::string& spark) {
  const std::size_t curve_at = curve_column(rows, spark);
  for (std::size_t i = 0; i <= rows.columns.size(); ++i) {
    if (i == curve_at && !spark.empty()) {
      const bool narrow = ImGui::GetWindowWidth() < scaled(640);  // beside the inspector
      ImGui::TableSetupColumn("over time",
                              ImGuiTableColumnFlags_NoSort | ImGuiTableColumnFlags_WidthFixed,
                              scaled(narrow ? 80 : 130));
    }
    if (i == rows.columns.size()) break;
    const ColumnHead& head = rows.columns[i];
    // Room for a mark beside a pid.
    const bool marked = head.link && i == 0;
    ImGui::TableSetupColumn(
        head.name.c_str(),
        flags_of(head, rows, choice) | (marked ? ImGuiTableColumnFlags_WidthFixed : 0),
        marked ? scaled(104) : 0, static_cast<ImGuiID>(i));
  }
}

void draw_heads(Session& session, const Rows& rows, Choice& choice, const std::string& spark) {
  ImGui::TableSetupScrollFreeze(1, 1 + static_cast<int>(rows.pinned));
  set_up_columns(rows, choice, spark);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  const std::size_t curve_at = curve_column(rows, spark);
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    const ColumnHead& head = rows.columns[i];
    table_head(static_cast<int>(i < curve_at ? i : i + 1), head.name, head.explanation,
               head.number);
    tell_place(session, "head " + head.name);
  }
  if (!spark.empty()) {
    table_head(static_cast<int>(curve_at), "over time",
               spark +
                   " over the range that the timeline shows: the number that the rows are "
                   "sorted by",
               false);
  }
  ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (!specs || !specs->SpecsDirty) return;
  choice.sort.clear();
  for (int i = 0; i < specs->SpecsCount; ++i) {
    const auto& one = specs->Specs[i];
    choice.sort += fmt::format("{}{}:{}", i > 0 ? "," : "", rows.columns[one.ColumnUserID].name,
                               one.SortDirection == ImGuiSortDirection_Descending ? "desc" : "asc");
  }
  specs->SpecsDirty = false;
}

// The texts and curves of a stretch of rows, as far as they are there.
struct Visible {
  std::shared_ptr<const RowsText> text;
  std::shared_ptr<const Sparks> sparks;

  const std::vector<CellText>* cells(std::size_t row) const {
    const bool there = text && row >= text->first && row - text->first < text->rows.size();
    return there ? &text->rows[row - text->first] : nullptr;
  }
  bool curves() const { return sparks && text && sparks->question.of == text->of; }
  std::size_t pinned() const { return curves() ? sparks->pinned.size() : 0; }
  const Sparks::Spark* spark(std::size_t row) const {
    if (!curves() || row < sparks->question.first) return nullptr;
    const std::size_t at = row - sparks->question.first;
    return at < sparks->rows.size() ? &sparks->rows[at] : nullptr;
  }
};

Visible made_so_far(Session& session, const std::shared_ptr<const Rows>& rows, const Choice& choice,
                    const std::string& spark) {
  Visible made{session.rows_text(rows, choice.first, choice.count), nullptr};
  // Of an earlier answer with other columns.
  if (made.text && made.text->of->chosen != rows->chosen) made.text = nullptr;
  if (!spark.empty() && made.text && made.text->of == rows) {
    made.sparks = session.sparks(rows, choice.first, choice.count, spark);
  }
  return made;
}

void draw_rows(Session& session, const std::shared_ptr<const Rows>& rows, Choice& choice,
               const std::string& spark, const Visible& made) {
  if (made.text && made.text->of->pinned == rows->pinned) {
    for (std::size_t i = 0; i < made.text->pinned.size(); ++i) {
      draw_table_row(session, made.text->of, made.text->pinned[i], -1 - static_cast<int>(i),
                     curve_column(*rows, spark),
                     i < made.pinned() ? &made.sparks->pinned[i] : nullptr);
    }
  }
  ImGui::PushFont(faces().mono);  // of the cells
  const float height = ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y;
  ImGui::PopFont();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(rows->order.size() - rows->pinned), height);
  std::size_t first = rows->order.size(), last = 0;
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const std::size_t row = static_cast<std::size_t>(i) + rows->pinned;
      // The clipper measures its first row wherever the others are.
      if (clipper.DisplayEnd - clipper.DisplayStart > 1) first = std::min(first, row);
      last = std::max(last, row);
      if (const auto* cells = made.cells(row)) {
        draw_table_row(session, made.text->of, *cells, i, curve_column(*rows, spark),
                       made.spark(row));
      } else {
        ImGui::TableNextRow();
        ImGui::TableSetColumnIndex(0);
        mono_text("…", theme().quiet);
      }
    }
  }
  choice.first = std::min(first, last);
  choice.count = std::max<std::size_t>(60, last - choice.first + 1);
}

// With A or B set, what changed between them: the other end is then the shown instant.
void ask_changes(const Session& session, RowsQuestion& question) {
  const auto ends = session.compared();
  if (!ends) return;
  question.since = session.overview().instants[ends->first].snapshot;
  question.until = session.overview().instants[ends->second].snapshot;
}

// Why there are none: not read is not none.
void draw_no_rows(const Instant& now, const Choice& choice, const Rows& rows) {
  if (rows.total > 0 || !choice.filter.empty()) {
    empty_state("No rows", "None fits the filter.");
  } else if (!rows.damage.empty()) {
    empty_state("Not known", "The rows of this snapshot are damaged.");
  } else if (!now.not_answered.empty()) {
    empty_state("No rows", "None were read. Not answered in this snapshot: " + now.not_answered);
  } else if (rows.question.table == "sockets") {
    empty_state("No rows",
                "None at this instant. Those of gen_tcp and gen_udp are ports, "
                "unless they use the module socket.");
  } else {
    empty_state("No rows", "None at this instant.");
  }
}

// What another place asked this one to show.
void take_wanted(Session& session, const std::string& table) {
  const auto wanted = session.wanted_filters.find(table);
  if (wanted == session.wanted_filters.end()) return;
  session.remembered->filters[table] = wanted->second;
  session.remembered->groupings[table].clear();
  session.wanted_filters.erase(wanted);
}

}  // namespace

void draw_table_panel(Session& session, const char* table) {
  const Instant* now = session.instant();
  if (!now) {
    empty_state("Nothing to show", session.overview().error);
    return;
  }
  take_wanted(session, table);
  Choice choice(session, table);
  RowsQuestion question{table, now->snapshot, choice.sort, choice.filter, choice.columns};
  if (question.table == "processes") question.pinned = session.pinned;
  question.group_by = choice.group_by;
  ask_changes(session, question);
  const auto rows = session.rows(question);
  draw_filter_line(session, choice, rows.get());
  if (rows) draw_grouping(session, choice, *rows);
  if (rows && !rows->columns.empty()) draw_column_chooser(session, choice.columns, *rows);
  draw_count(rows.get());
  if (!rows) return;
  if (!rows->error.empty()) wrapped_text(rows->error, theme().warning);
  damage_lines(rows->damage);
  // Those of the grouping that was left a moment ago would take this one's place in the layout.
  if (rows->columns.empty() || rows->question.group_by != choice.group_by) return;
  if (rows->order.empty()) {
    if (rows->error.empty()) draw_no_rows(*now, choice, *rows);
    return;
  }
  ImGuiTableFlags flags = ImGuiTableFlags_Sortable | ImGuiTableFlags_SortMulti |
                          ImGuiTableFlags_SortTristate | ImGuiTableFlags_Resizable |
                          ImGuiTableFlags_Reorderable | ImGuiTableFlags_Hideable |
                          ImGuiTableFlags_RowBg | ImGuiTableFlags_ScrollX |
                          ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit;
  const std::string spark = spark_metric(*rows);
  const int count = static_cast<int>(rows->columns.size()) + (spark.empty() ? 0 : 1);
  // Other columns are another table: each keeps its widths.
  std::string id = choice.view;
  for (const ColumnHead& head : rows->columns) id += "," + head.name;
  if (!spark.empty()) id += ",over time";
  const Visible made = made_so_far(session, rows, choice, spark);
  if (!made.text) {
    // Columns take their widths from what stands in them first: that shall not be "…".
    id += " being read";
    flags |= ImGuiTableFlags_NoSavedSettings;
  }
  if (!ImGui::BeginTable(id.c_str(), count, flags)) return;
  draw_heads(session, *rows, choice, spark);
  draw_rows(session, rows, choice, spark, made);
  ImGui::EndTable();
}

}  // namespace beamtape
