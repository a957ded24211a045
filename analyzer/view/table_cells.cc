#include "analyzer/view/table_cells.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "analyzer/load/value.h"
#include "analyzer/view/links.h"
#include "analyzer/view/widgets.h"
#include "schema/model/group.h"

namespace beamtape {

namespace {

constexpr float kSparkHeight = 14;

// What a cell names, as links.h has its kinds; empty: nothing that has a place.
const char* kind_of(const RowsQuestion& question, const ColumnHead& head, const CellText& cell) {
  if (cell.look != CellText::Look::kPlain) return "";
  if (head.link && cell.text.rfind("<", 0) == 0) return "process";
  if (head.link && cell.text.rfind("#Port<", 0) == 0 && question.table != "ports") return "port";
  if (head.name != "name") return "";
  if (question.table == "ets" && question.group_by == "name") return "ets";
  if (question.table == "ports" && question.group_by == "driver") return "port";
  const bool groups = question.table == "groups" || question.group_by == "group";
  return groups ? "group" : "";
}

void draw_cell(Session& session, const RowsQuestion& question, const ColumnHead& head,
               const CellText& cell) {
  if (const std::string kind = kind_of(question, head, cell); !kind.empty()) {
    thing_link(session, cell.text, kind, cell.exact);
    return;
  }
  const float room = ImGui::GetContentRegionAvail().x;
  const auto colour = cell.look == CellText::Look::kPlain ? theme().text : theme().quiet;
  if (head.number) {
    right_text(cell.text, colour);
  } else {
    mono_text(cell.text, colour);
  }
  if (cell.exact != cell.text) {
    explain(cell.exact);
  } else if (ImGui::GetItemRectSize().x > room) {
    explain(cell.text);  // it is cut off
  }
}

std::string joined_cells(const std::vector<CellText>& cells, bool csv) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += csv ? "," : "\t";
    text += csv ? csv_quoted(cells[i].look == CellText::Look::kPlain ? cells[i].exact : "")
                : cells[i].text;
  }
  return text;
}

void draw_menu(Session& session, const std::shared_ptr<const Rows>& rows,
               const std::vector<CellText>& cells, std::size_t column, bool process) {
  const std::string& key = cells[0].exact;
  if (process) {
    const bool pinned =
        std::find(session.pinned.begin(), session.pinned.end(), key) != session.pinned.end();
    if (ImGui::MenuItem(pinned ? "Unpin" : "Pin to the top", "P")) session.pin(key);
    tell_place(session, "menu pin");
    if (ImGui::MenuItem("Mark with the next colour", "T")) session.tag(key);
    ImGui::Separator();
  }
  const auto item = [&](const char* label, const char* place) {
    const bool chosen = ImGui::MenuItem(label);
    tell_place(session, place);
    return chosen;
  };
  if (column < cells.size() && item("Copy the cell", "menu cell")) {
    ImGui::SetClipboardText(cells[column].exact.c_str());
  }
  if (item("Copy the row as text", "menu row text")) {
    ImGui::SetClipboardText(joined_cells(cells, false).c_str());
  }
  if (item("Copy the row as CSV", "menu row csv")) {
    ImGui::SetClipboardText(joined_cells(cells, true).c_str());
  }
  if (item("Copy all rows as text", "menu all text")) session.copy_table(rows, TableFormat::kText);
  if (item("Copy all rows as CSV", "menu all csv")) session.copy_table(rows, TableFormat::kCsv);
}

// A coloured edge with its number: colour is never the only sign.
void draw_tag(int tag) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float size = ImGui::GetTextLineHeight();
  const auto colour = theme().series[static_cast<std::size_t>(tag - 1) % theme().series.size()];
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + size, at.y + size}, colour, scaled(3));
  const std::string number = std::to_string(tag);
  const float wide = ImGui::CalcTextSize(number.c_str()).x;
  list.AddText({at.x + (size - wide) / 2, at.y}, theme().on_accent, number.c_str());
  ImGui::Dummy({size, size});
  ImGui::SameLine();
}

// Whether the row is the group that the selected process is counted in.
bool holds_selected(Session& session, const std::string& group) {
  const auto life = session.life();
  return life && !life->name.empty() && (group == life->name || group == fold_name(life->name));
}

void paint_row(const Session& session, const std::string& key, int tag) {
  if (key == session.selected_pid()) {
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.22F));
  } else if (key == session.hovered.process) {
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.10F));
  } else if (tag > 0) {
    const auto at = static_cast<std::size_t>(tag - 1) % theme().series.size();
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().series[at], 0.14F));
  }
}

}  // namespace

void draw_table_row(Session& session, const std::shared_ptr<const Rows>& rows,
                    const std::vector<CellText>& cells, int id, std::size_t curve_at,
                    const Sparks::Spark* spark) {
  ImGui::TableNextRow();
  if (cells.empty()) return;
  const std::string& key = cells[0].exact;
  const bool process = rows->question.table == "processes" && rows->columns[0].name == "pid";
  const auto tagged = process ? session.tags.find(key) : session.tags.end();
  const int tag = tagged == session.tags.end() ? 0 : tagged->second;
  if (process) paint_row(session, key, tag);
  if (std::string(kind_of(rows->question, rows->columns[0], cells[0])) == "group" &&
      holds_selected(session, key)) {
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.22F));
  }
  const float top = ImGui::GetCursorScreenPos().y;
  std::size_t under = cells.size();  // the column under the mouse
  for (std::size_t i = 0; i < cells.size() && i < rows->columns.size(); ++i) {
    if (!ImGui::TableSetColumnIndex(static_cast<int>(i < curve_at ? i : i + 1))) continue;
    if (i == 0 && tag > 0) draw_tag(tag);
    draw_cell(session, rows->question, rows->columns[i], cells[i]);
    if (i == 0) tell_place(session, "row " + key);
    if (ImGui::TableGetColumnFlags() & ImGuiTableColumnFlags_IsHovered) under = i;
  }
  if (spark && ImGui::TableSetColumnIndex(static_cast<int>(curve_at))) {
    curve(session, spark->seconds, spark->values,
          {theme().accent, scaled(kSparkHeight), spark->unit, spark->is_rate, process ? key : ""});
  }
  const float y = ImGui::GetIO().MousePos.y;
  const float bottom = top + ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y;
  ImGui::PushID(id);
  if (under < cells.size() && y >= top && y < bottom &&
      ImGui::IsWindowHovered(ImGuiHoveredFlags_None)) {
    if (process) session.hovered_now.process = key;
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Right)) {
      ImGui::OpenPopup("row");
      ImGui::GetStateStorage()->SetInt(ImGui::GetID("column"), static_cast<int>(under));
    }
  }
  const int column = ImGui::GetStateStorage()->GetInt(ImGui::GetID("column"), 0);
  if (begin_popup(session, "row")) {
    draw_menu(session, rows, cells, static_cast<std::size_t>(column), process);
    ImGui::EndPopup();
  }
  ImGui::PopID();
}

}  // namespace beamtape
