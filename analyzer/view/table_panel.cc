#include "analyzer/view/table_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/load/text.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

// What a person chose in a panel: kept while the window is open.
struct Choice {
  std::array<char, 512> filter{};
  std::string sort;
  std::size_t first = 0, count = 60;  // the rows that were visible last
};

Choice& choice_of(const std::string& table) {
  static std::map<std::string, Choice> choices;
  return choices[table];
}

void draw_filter_line(Choice& choice, const Rows* rows) {
  ImGui::SetNextItemWidth(std::min(scaled(460), ImGui::GetContentRegionAvail().x * 0.55F));
  if (ImGui::GetIO().KeyCtrl && ImGui::IsKeyPressed('F', false)) ImGui::SetKeyboardFocusHere();
  ImGui::PushFont(faces().mono);
  ImGui::InputTextWithHint("##filter", "filter, as memory > 1MiB and name ~ cart",
                           choice.filter.data(), choice.filter.size());
  ImGui::PopFont();
  explain(
      "Rows for which it holds: = != < <= > >= ~ (contains) !~, is [not] null, unread or missing, "
      "and, or, not, ( ); sizes 10MiB, times 5ms. Ctrl+F");
  ImGui::SameLine();
  if (!rows) {
    quiet_text("reading …");
    return;
  }
  const auto number = [](std::size_t count) { return grouped(static_cast<std::int64_t>(count)); };
  std::string text =
      rows->order.size() == rows->total
          ? number(rows->total) + " rows"
          : fmt::format("{} of {} rows", number(rows->order.size()), number(rows->total));
  if (rows->undecided > 0) {
    text +=
        fmt::format(", {} undecided: what the filter needs was not read", number(rows->undecided));
  }
  ImGui::AlignTextToFramePadding();
  quiet_text(text);
}

void draw_heads(const Rows& rows, Choice& choice) {
  ImGui::TableSetupScrollFreeze(1, 1);
  for (const ColumnHead& head : rows.columns) {
    ImGui::TableSetupColumn(head.name.c_str(), head.number
                                                   ? ImGuiTableColumnFlags_PreferSortDescending
                                                   : ImGuiTableColumnFlags_None);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    const ColumnHead& head = rows.columns[i];
    table_head(static_cast<int>(i), head.name, head.explanation, head.number, true);
  }
  ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (!specs || !specs->SpecsDirty) return;
  choice.sort.clear();
  for (int i = 0; i < specs->SpecsCount; ++i) {
    const auto& one = specs->Specs[i];
    choice.sort += fmt::format("{}{}:{}", i > 0 ? "," : "",
                               rows.columns[static_cast<std::size_t>(one.ColumnIndex)].name,
                               one.SortDirection == ImGuiSortDirection_Descending ? "desc" : "asc");
  }
  specs->SpecsDirty = false;
}

void draw_cell(Session& session, const ColumnHead& head, const CellText& cell, int id) {
  const auto& look = theme();
  if (cell.look == CellText::Look::kPlain && head.link && cell.text.rfind("<", 0) == 0) {
    process_link(session, cell.text, cell.exact, id);
    return;
  }
  ImGui::PushFont(faces().mono);
  if (head.number) {
    const float room = ImGui::GetContentRegionAvail().x;
    const float wide = ImGui::CalcTextSize(cell.text.c_str()).x;
    if (wide < room) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - wide);
  }
  ImGui::PushStyleColor(ImGuiCol_Text,
                        cell.look == CellText::Look::kPlain ? look.text : look.quiet);
  ImGui::TextUnformatted(cell.text.c_str());
  ImGui::PopStyleColor();
  ImGui::PopFont();
  if (cell.exact != cell.text) explain(cell.exact);
}

void draw_row(Session& session, const Rows& rows, const std::vector<CellText>& cells, int id) {
  ImGui::TableNextRow();
  const bool selected = !cells.empty() && cells[0].exact == session.place().subject;
  if (selected) {
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.22F));
  }
  for (std::size_t i = 0; i < cells.size() && i < rows.columns.size(); ++i) {
    ImGui::TableSetColumnIndex(static_cast<int>(i));
    draw_cell(session, rows.columns[i], cells[i], id * 64 + static_cast<int>(i));
  }
}

void draw_rows(Session& session, const std::shared_ptr<const Rows>& rows, Choice& choice) {
  const auto text = session.rows_text(rows, choice.first, choice.count);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(rows->order.size()),
                ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y);
  std::size_t first = rows->order.size(), last = 0;
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const auto row = static_cast<std::size_t>(i);
      // The clipper measures its first row wherever the others are.
      if (clipper.DisplayEnd - clipper.DisplayStart > 1) first = std::min(first, row);
      last = std::max(last, row);
      if (text && row >= text->first && row - text->first < text->rows.size()) {
        draw_row(session, *text->of, text->rows[row - text->first], i);
      } else {
        ImGui::TableNextRow();
        ImGui::TableSetColumnIndex(0);
        quiet_text("…");
      }
    }
  }
  choice.first = std::min(first, last);
  choice.count = std::max<std::size_t>(60, last - choice.first + 1);
}

}  // namespace

void draw_table_panel(Session& session, const char* table) {
  const Instant* now = session.instant();
  if (!now) {
    empty_state("Nothing to show", session.overview().error);
    return;
  }
  Choice& choice = choice_of(table);
  const auto rows =
      session.rows({table, now->snapshot, choice.sort, std::string(choice.filter.data())});
  draw_filter_line(choice, rows.get());
  if (!rows) return;
  if (!rows->error.empty()) wrapped_text(rows->error, theme().warning);
  for (const std::string& one : rows->damage) wrapped_text("damaged: " + one, theme().critical);
  if (rows->columns.empty()) return;
  const ImGuiTableFlags flags = ImGuiTableFlags_Sortable | ImGuiTableFlags_SortMulti |
                                ImGuiTableFlags_SortTristate | ImGuiTableFlags_Resizable |
                                ImGuiTableFlags_Reorderable | ImGuiTableFlags_Hideable |
                                ImGuiTableFlags_RowBg | ImGuiTableFlags_ScrollX |
                                ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable(table, static_cast<int>(rows->columns.size()), flags)) return;
  draw_heads(*rows, choice);
  draw_rows(session, rows, choice);
  ImGui::EndTable();
  if (rows->order.empty() && rows->error.empty()) {
    ImGui::SetCursorPosY(scaled(90));
    empty_state("No rows", choice.filter[0] ? "None fits the filter." : "None at this instant.");
  }
}

}  // namespace beamtape
