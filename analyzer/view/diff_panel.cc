// What changed between A and B: where memory went, and every row that appeared, went or changed.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "analyzer/diff/amounts.h"
#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/links.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr ImGuiTableFlags kDiffTable = ImGuiTableFlags_Resizable | ImGuiTableFlags_RowBg |
                                       ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                       ImGuiTableFlags_SizingFixedFit;

// More is one colour and less another, told apart by the colour-blind; the sign says it too.
Theme::Colour colour_of(std::int64_t difference) {
  if (difference == 0) return theme().quiet;
  return difference > 0 ? theme().more : theme().less;
}

void number_cell(int column, const std::string& text, Theme::Colour colour) {
  ImGui::TableSetColumnIndex(column);
  right_text(text, text == "-" ? theme().quiet : colour);
}

// From the middle to the right for more, to the left for less.
void draw_bar(int column, std::int64_t difference, std::int64_t most) {
  ImGui::TableSetColumnIndex(column);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ImGui::GetTextLineHeight();
  ImGui::Dummy({width, height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float middle = at.x + width / 2;
  list.AddLine({middle, at.y}, {middle, at.y + height}, theme().line);
  if (most == 0 || difference == 0) return;
  const float length = std::max(
      1.0F,
      static_cast<float>(static_cast<double>(std::llabs(difference)) / static_cast<double>(most)) *
          (width / 2));
  const float low = difference > 0 ? middle : middle - length;
  list.AddRectFilled({low, at.y + scaled(2)}, {low + length, at.y + height - scaled(2)},
                     colour_of(difference));
}

std::int64_t largest_part(const GrowthPart& part) {
  std::int64_t most = std::llabs(part.difference());
  for (const GrowthPart& one : part.parts) most = std::max(most, largest_part(one));
  return most;
}

void draw_growth_part(Session& session, const Diff& diff, const GrowthPart& part, std::int64_t most,
                      int& id) {
  ImGui::TableNextRow();
  ImGui::TableSetColumnIndex(0);
  ImGui::PushID(++id);
  const bool leaf = part.parts.empty();
  const bool told_apart = part.kind == "others" || part.kind == "unattributed";
  const ImGuiTreeNodeFlags flags =
      ImGuiTreeNodeFlags_DefaultOpen | ImGuiTreeNodeFlags_NoTreePushOnOpen |
      (leaf ? ImGuiTreeNodeFlags_Leaf : ImGuiTreeNodeFlags_OpenOnArrow);
  ImGui::PushStyleColor(ImGuiCol_Text, told_apart ? theme().quiet : theme().text);
  const std::string kind = part.kind == "table" ? "ets" : part.kind;
  const bool open = ImGui::TreeNodeEx("part", flags, "%s",
                                      leads_somewhere(kind) ? "" : printable(part.name).c_str());
  ImGui::PopStyleColor();
  if (leads_somewhere(kind)) {
    ImGui::SameLine();
    const bool named = !part.id.empty() && part.id != part.name;
    thing_link(session, printable(named ? part.id + "  " + part.name : part.name), kind,
               part.id.empty() ? part.name : part.id);
  }
  explain(printable(part.name));
  number_cell(1, signed_text(part.difference(), Unit::kBytes), colour_of(part.difference()));
  explain(fmt::format("{} bytes", part.difference()));
  draw_bar(2, part.difference(), most);
  number_cell(3, amount_text(part.a, Unit::kBytes), theme().text);
  number_cell(4, amount_text(part.b, Unit::kBytes), theme().text);
  number_cell(5, percent_text(percent_of(part)), theme().text);
  number_cell(6, rate_of(diff, part.difference(), Unit::kBytes), theme().text);
  ImGui::PopID();
  if (!open || leaf) return;
  ImGui::Indent(scaled(18));
  for (const GrowthPart& one : part.parts) draw_growth_part(session, diff, one, most, id);
  ImGui::Unindent(scaled(18));
}

void draw_growth(Session& session, const Diff& diff) {
  if (!diff.growth) {
    empty_state("Not known", "The node's memory was not read at both instants.");
    return;
  }
  if (!ImGui::BeginTable("growth", 7, kDiffTable)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  // All numbers in sight where the window is not smaller than it may be; the difference also beside
  // the inspector. What the numbers leave is for the names and the bars.
  const float room = ImGui::GetContentRegionAvail().x - scaled(530);
  const float bar = std::clamp(room * 0.25F, scaled(70), scaled(160));
  const float name = std::clamp(room - bar, scaled(200), scaled(560));
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, name);
  for (const float width : {scaled(88), bar, scaled(80), scaled(80), scaled(68), scaled(88)}) {
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, width);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(
      0, "where memory went",
      "The node's memory by type, processes by group and down to those that changed most, ETS "
      "tables by name. The parts of a part add up to it: what they do not explain is a part too.",
      false);
  table_head(1, "difference", "B less A", true);
  table_head(2, "", "To the right: more at B; to the left: less", false);
  table_head(3, "A", "At the one end", true);
  table_head(4, "B", "At the other", true);
  table_head(5, "per cent", "Of A", true);
  table_head(6, "per second", "Of the time between A and B", true);
  int id = 0;
  draw_growth_part(session, diff, *diff.growth, largest_part(*diff.growth), id);
  ImGui::EndTable();
}

const char* sign_of(DiffRow::Change change) {
  if (change == DiffRow::Change::kAppeared) return "+ appeared";
  return change == DiffRow::Change::kGone ? "− gone" : "~ changed";
}

// The node is one row of many numbers: a line for each that changed.
void draw_node(const Diff& diff, const DiffTable& table, const DiffText::TableText& text) {
  if (!ImGui::BeginTable("node", 6, kDiffTable)) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const char* name : {"number", "A", "B", "difference", "per cent", "per second"}) {
    ImGui::TableSetupColumn(name);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  table_head(0, "number", "", false);
  table_head(1, "A", "At the one end", true);
  table_head(2, "B", "At the other", true);
  table_head(3, "difference", "B less A", true);
  table_head(4, "per cent", "Of A", true);
  table_head(5, "per second", "Of the time between A and B", true);
  for (const DiffRow& row : table.rows) {
    for (std::size_t i = 0; i < table.metrics.size(); ++i) {
      const Unit unit = table.metrics[i].unit;
      const auto difference = row.difference(i);
      if (row.amounts[i].a == row.amounts[i].b) continue;
      ImGui::TableNextRow();
      ImGui::TableSetColumnIndex(0);
      mono_text(table.metrics[i].name, theme().text);
      explain(text.explanations[i]);
      number_cell(1, amount_text(row.amounts[i].a, unit), theme().text);
      number_cell(2, amount_text(row.amounts[i].b, unit), theme().text);
      number_cell(3, signed_text(difference, unit), colour_of(difference.value_or(0)));
      // A clock's second per second says nothing.
      const bool time = unit == Unit::kMicroseconds;
      number_cell(4, time ? "-" : percent_text(row.percent(i)), theme().text);
      number_cell(5, time ? "-" : rate_of(diff, difference, unit), theme().text);
    }
  }
  ImGui::EndTable();
}

void draw_row(Session& session, const Diff& diff, const DiffTable& table, std::size_t position,
              bool with_id) {
  const DiffRow& row = table.rows[position];
  ImGui::TableNextRow();
  ImGui::TableSetColumnIndex(0);
  mono_text(sign_of(row.change),
            row.change == DiffRow::Change::kChanged ? theme().quiet : theme().text);
  int column = 1;
  if (with_id) {
    ImGui::TableSetColumnIndex(column++);
    thing_link(session, printable(row.id), table.subject, row.id);
  }
  ImGui::TableSetColumnIndex(column++);
  // What has no identifier was matched by its name.
  thing_link(session, printable(row.name), table.subject, row.id.empty() ? row.name : row.id);
  for (std::size_t i = 0; i < table.metrics.size(); ++i) {
    const Unit unit = table.metrics[i].unit;
    const auto difference = row.difference(i);
    const auto both = [&] {
      return fmt::format("A {}\nB {}\n{} per second", amount_text(row.amounts[i].a, unit),
                         amount_text(row.amounts[i].b, unit), rate_of(diff, difference, unit));
    };
    if (i == 0) {
      number_cell(column++, amount_text(row.amounts[0].a, unit), theme().text);
      number_cell(column++, amount_text(row.amounts[0].b, unit), theme().text);
    }
    number_cell(column++, signed_text(difference, unit), colour_of(difference.value_or(0)));
    if (ImGui::IsItemHovered()) explain(both());
    if (i == 0) number_cell(column++, rate_of(diff, difference, unit), theme().text);
  }
}

// No row of it, and that may be because of damage.
bool unreadable(const Diff& diff, const DiffTable& table) {
  return table.rows.empty() && table.same == 0 && !diff.damage.empty();
}

// Which metric's difference the rows are ordered by, as its head was clicked.
std::size_t draw_heads(const DiffTable& table, const DiffText::TableText& text, bool with_id) {
  ImGui::TableSetupScrollFreeze(with_id ? 3 : 2, 1);
  const auto plain = ImGuiTableColumnFlags_NoSort;
  ImGui::TableSetupColumn("change", plain);
  if (with_id) ImGui::TableSetupColumn("id", plain);
  ImGui::TableSetupColumn("name", plain);
  for (std::size_t i = 0; i < table.metrics.size(); ++i) {
    if (i == 0) {
      ImGui::TableSetupColumn((table.metrics[0].name + " A").c_str(), plain);
      ImGui::TableSetupColumn("B", plain);
    }
    ImGui::TableSetupColumn((i == 0 ? "difference" : "Δ " + table.metrics[i].name).c_str(),
                            ImGuiTableColumnFlags_PreferSortDescending |
                                ImGuiTableColumnFlags_NoSortAscending |
                                (i == 0 ? ImGuiTableColumnFlags_DefaultSort : 0),
                            0, static_cast<ImGuiID>(i + 1));
    if (i == 0) ImGui::TableSetupColumn("per second", plain);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  const int metrics_from = with_id ? 3 : 2;
  for (int column = 0; column < ImGui::TableGetColumnCount(); ++column) {
    const auto metric = static_cast<std::size_t>(std::max(0, column - metrics_from - 3));
    // After the first metric's A, B, difference and rate, each column is one metric's difference.
    const bool sortable = column - metrics_from == 2 || column - metrics_from > 3;
    std::string explanation;
    if (sortable) {
      explanation = table.metrics[metric].name + ", B less A; a click puts the largest first. ";
    }
    if (column >= metrics_from) explanation += text.explanations[metric];
    table_head(column, ImGui::TableGetColumnName(column), explanation, column >= metrics_from);
  }
  const ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (!specs || specs->SpecsCount == 0 || specs->Specs[0].ColumnUserID == 0) return 0;
  return std::min<std::size_t>(specs->Specs[0].ColumnUserID - 1, table.metrics.size() - 1);
}

void draw_rows(Session& session, const Diff& diff, const DiffTable& table,
               const DiffText::TableText& text) {
  if (unreadable(diff, table)) {
    empty_state("Not known", "Their rows are damaged at one of the two instants.");
    return;
  }
  const auto number = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  quiet_text(fmt::format("{} appeared, {} gone, {} changed, {} the same",
                         number(table.count(DiffRow::Change::kAppeared)),
                         number(table.count(DiffRow::Change::kGone)),
                         number(table.count(DiffRow::Change::kChanged)), number(table.same)));
  if (table.rows.empty() || table.metrics.empty()) return;
  const bool with_id = std::any_of(table.rows.begin(), table.rows.end(),
                                   [](const DiffRow& row) { return !row.id.empty(); });
  const int columns = static_cast<int>(table.metrics.size()) + 5 + (with_id ? 1 : 0);
  if (!ImGui::BeginTable(table.subject.c_str(), columns, kDiffTable | ImGuiTableFlags_Sortable)) {
    return;
  }
  const auto& order = text.by_metric[draw_heads(table, text, with_id)];
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(order.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      draw_row(session, diff, table, order[static_cast<std::size_t>(i)], with_id);
    }
  }
  ImGui::EndTable();
}

std::string tab_title(const Diff& diff, const DiffTable& table) {
  if (table.subject == "node") return "Node";
  std::string title = table.subject == "ets" ? "ETS" : plural(table.subject);
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  const auto count = grouped(static_cast<std::int64_t>(table.rows.size()));
  return fmt::format("{}  {}###{}", title, unreadable(diff, table) ? "?" : count, table.subject);
}

std::string end_text(const char* letter, const Compared& of, const DiffText* text) {
  const bool b = *letter == 'B';
  const auto wall_us = text ? (b ? text->b_wall_us : text->a_wall_us) : 0;
  return fmt::format("{}  #{}  {}", letter, b ? of.b : of.a,
                     wall_us > 0 ? clock_text(wall_us, false) : std::string());
}

// The file that B is of, where several are open.
void draw_other_file(Session& session) {
  const auto& around = session.around;
  if (around.files.size() < 2) return;
  const auto base = [](const std::string& path) {
    return printable(path.substr(path.find_last_of('/') + 1));
  };
  const bool here = session.other_file.empty();
  ImGui::SetNextItemWidth(scaled(230));
  if (ImGui::BeginCombo("##other", here ? "B in this file" : base(session.other_file).c_str())) {
    if (ImGui::Selectable("B in this file", here)) session.other_file.clear();
    for (std::size_t i = 0; i < around.files.size(); ++i) {
      const std::string& path = around.files[i].path;
      if (i == around.shown) continue;
      if (ImGui::Selectable(("B is " + base(path)).c_str(), path == session.other_file)) {
        session.other_file = path;
      }
    }
    ImGui::EndCombo();
  }
  explain("Another open file, at the instant that is shown of it: things are matched by name");
  ImGui::SameLine();
}

void draw_ends(Session& session, const Compared& of, const DiffText* text) {
  if (ImGui::Button(end_text("A", of, text).c_str())) {
    session.go_to(session.mark_a.value_or(session.at()));
  }
  explain("Go to this instant");
  ImGui::SameLine();
  const auto ends = session.compared();
  if (ImGui::Button(end_text("B", of, text).c_str())) {
    if (of.other.empty() && ends) session.go_to(ends->second);
    for (std::size_t i = 0; i < session.around.files.size(); ++i) {
      if (session.around.files[i].path == of.other) session.wishes.file = i;
    }
  }
  explain(of.other.empty() ? "Go to this instant" : "Show " + of.other);
  if (!text || !of.other.empty()) return;
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  quiet_text(duration_text(std::llabs(text->b_wall_us - text->a_wall_us)) +
             (text->a_wall_us < text->b_wall_us ? " later" : " earlier"));
}

void draw_tabs(Session& session, const DiffText& text) {
  if (!ImGui::BeginTabBar("subjects", ImGuiTabBarFlags_FittingPolicyScroll)) return;
  if (ImGui::BeginTabItem("Where memory went")) {
    draw_growth(session, text.found);
    ImGui::EndTabItem();
  }
  for (std::size_t i = 0; i < text.found.tables.size(); ++i) {
    const DiffTable& table = text.found.tables[i];
    const bool shown = ImGui::BeginTabItem(tab_title(text.found, table).c_str());
    tell_place(session, "compared " + table.subject);
    if (!shown) continue;
    table.subject == "node" ? draw_node(text.found, table, text.tables[i])
                            : draw_rows(session, text.found, table, text.tables[i]);
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

void draw_nothing_compared(Session& session) {
  const auto count = session.overview().instants.size();
  if (count < 2) {
    empty_state("Nothing to compare", "The recording has no two snapshots of this node.");
    return;
  }
  empty_state("Compare two instants",
              "Drag over the timeline: its two ends become A and B. Or press [ at the one instant "
              "and ] at the other.");
  ImGui::Dummy({0, scaled(6)});
  ImGui::Indent(scaled(20));
  if (ImGui::Button("Compare the first snapshot with the last")) session.compare(0, count - 1);
  ImGui::Unindent(scaled(20));
}

void draw_diff(Session& session) {
  draw_other_file(session);
  const auto of = session.comparison();
  if (!of) {
    draw_nothing_compared(session);
    return;
  }
  const auto text = session.diff();
  draw_ends(session, *of, text.get());
  if (!text) {
    quiet_text("comparing …");
    return;
  }
  if (!text->error.empty()) {
    wrapped_text(printable(text->error), theme().warning);
    return;
  }
  damage_lines(text->found.damage);
  if (text->found.matching == Matching::kName) {
    wrapped_text(
        fmt::format("A and B are of different {}: things are matched by name, and processes "
                    "without a registered name are compared as groups",
                    of->other.empty() ? "lives of the node" : "recordings"),
        theme().warning);
  }
  draw_tabs(session, *text);
}

}  // namespace

const Panel kDiffPanel{"diff", "Diff", "What changed between A and B, and where memory went",
                       draw_diff};

}  // namespace beamtape
