// Applications and their supervision trees at the shown instant, each line with the sums of all
// that is below it.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <set>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/view/all_panels.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

using Line = TreeText::Line;

// Deeper lines are not moved further to the right: a chain of processes may be of any length.
constexpr std::size_t kDeepestIndent = 30;

struct Column {
  const char* name;
  const char* sort;  // as tree_sorts() has it; null: none
  float width;       // 0: what the others leave
  const char* explanation;
};

constexpr Column kColumns[] = {
    {"with everything below it", nullptr, 0, "Applications, supervisors, workers"},
    {"pid", "pid", 80, "A click sorts by the order of their start"},
    {"processes", "processes", 68, "How many there are, with itself"},
    {"memory", "memory", 72, "Their memory; + : of some it was not read"},
    {"queue", "message_queue_len", 58, "Messages waiting at all of them"},
    {"longest", nullptr, 54, "The longest mailbox among them"},
    {"reductions/s", "reductions", 88, "Work of all of them, over the minute before"},
    {"restarts", "restarts", 58, "How often one took another's place, over the minute before"},
};
constexpr int kColumnCount = static_cast<int>(std::size(kColumns));

// What was closed, by what tells a line from others: kept while the window is open.
std::set<std::string>& closed_lines() {
  static std::set<std::string> closed;
  return closed;
}

std::string key_of(const Line& line) { return line.pid.empty() ? line.name : line.pid; }

std::vector<std::size_t> visible_lines(const std::vector<Line>& lines) {
  std::vector<std::size_t> visible;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    visible.push_back(i);
    if (lines[i].inside > 0 && closed_lines().count(key_of(lines[i]))) i += lines[i].inside;
  }
  return visible;
}

// The arrow that opens and closes; room for it where there is nothing to open.
void draw_arrow(const Line& line) {
  const float size = ImGui::GetTextLineHeight();
  if (line.inside == 0) {
    ImGui::Dummy({size, size});
    return;
  }
  const std::string key = key_of(line);
  const bool closed = closed_lines().count(key) > 0;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("arrow", {size, size})) {
    if (closed) {
      closed_lines().erase(key);
    } else {
      closed_lines().insert(key);
    }
  }
  const auto colour = ImGui::IsItemHovered() ? theme().accent : theme().text;
  const float x = at.x + size / 2, y = at.y + size / 2, half = size * 0.26F;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (closed) {
    list.AddTriangleFilled({x - half, y - half}, {x + half, y}, {x - half, y + half}, colour);
  } else {
    list.AddTriangleFilled({x - half, y - half}, {x + half, y - half}, {x, y + half}, colour);
  }
}

void draw_name(const Line& line) {
  const auto depth = static_cast<float>(std::min(line.depth, kDeepestIndent));
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + depth * scaled(16));
  draw_arrow(line);
  ImGui::SameLine(0, scaled(4));
  if (line.application) {
    ImGui::TextUnformatted(line.name.c_str());
  } else {
    mono_text(line.name, line.supervisor ? theme().text : theme().quiet);
  }
  explain(line.remark);
}

void draw_line(Session& session, const TreeText& text, const Line& line, int id) {
  ImGui::TableNextRow();
  const bool selected = !line.pid.empty() && line.pid == session.selected_pid();
  if (selected) ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, faded(theme().accent, 0.22F));
  ImGui::PushID(id);
  ImGui::TableSetColumnIndex(0);
  draw_name(line);
  ImGui::TableSetColumnIndex(1);
  if (!line.pid.empty()) process_link(session, line.pid, line.pid);
  const auto number = [](int column, std::int64_t value, const std::string& shown) {
    ImGui::TableSetColumnIndex(column);
    right_text(shown, value == 0 ? theme().quiet : theme().text);
  };
  const TreeTotals& below = line.below;
  number(2, below.processes, grouped(below.processes));
  const bool unread = below.memory_unknown == below.processes;
  number(3, below.memory,
         unread && below.processes > 0
             ? "not read"
             : size_text(below.memory) + (below.memory_unknown > 0 ? "+" : ""));
  if (below.memory_unknown > 0) {
    explain(fmt::format("without {} whose memory was not read", grouped(below.memory_unknown)));
  }
  number(4, below.message_queue_len, grouped(below.message_queue_len));
  number(5, below.max_message_queue_len, grouped(below.max_message_queue_len));
  if (text.seconds > 0) {
    const double rate = static_cast<double>(below.reductions) / text.seconds;
    number(6, below.reductions,
           below.knows_reductions() ? grouped(static_cast<std::int64_t>(rate + 0.5)) +
                                          (below.reductions_unknown > 0 ? "+" : "")
                                    : "-");
    if (below.reductions_unknown > 0) {
      explain(fmt::format("without {} whose work in that time is not known",
                          grouped(below.reductions_unknown)));
    }
    number(7, below.restarts, grouped(below.restarts));
  } else {
    number(6, 0, "-");
    number(7, 0, "-");
  }
  ImGui::PopID();
}

// What children are sorted by, as the heads say.
std::string draw_heads() {
  ImGui::TableSetupScrollFreeze(1, 1);
  float left = ImGui::GetContentRegionAvail().x - scaled(150);  // less what is between them
  for (const Column& column : kColumns) left -= scaled(column.width);
  for (int i = 0; i < kColumnCount; ++i) {
    const Column& column = kColumns[i];
    const bool usual = column.sort && std::string(column.sort) == "memory";
    ImGui::TableSetupColumn(
        column.name,
        ImGuiTableColumnFlags_WidthFixed | ImGuiTableColumnFlags_PreferSortDescending |
            ImGuiTableColumnFlags_NoSortAscending |
            (column.sort ? 0 : ImGuiTableColumnFlags_NoSort) |
            (usual ? ImGuiTableColumnFlags_DefaultSort : 0),
        i == 0 ? std::clamp(left, scaled(180), scaled(460)) : scaled(column.width));
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (int i = 0; i < kColumnCount; ++i) {
    table_head(i, kColumns[i].name, kColumns[i].explanation, i > 1);
  }
  const ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (!specs || specs->SpecsCount == 0) return "memory";
  return kColumns[specs->Specs[0].ColumnIndex].sort;
}

void draw_lines(Session& session, const TreeText& text) {
  const auto visible = visible_lines(text.lines);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(visible.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const std::size_t at = visible[static_cast<std::size_t>(i)];
      draw_line(session, text, text.lines[at], static_cast<int>(at));
    }
  }
}

void draw_tree(Session& session) {
  const Instant* now = session.instant();
  if (!now) {
    empty_state("Nothing to show", session.overview().error);
    return;
  }
  const auto text = session.newest_tree();
  if (text && !text->error.empty()) wrapped_text(printable(text->error), theme().warning);
  if (text) {
    quiet_text(text->seconds > 0
                   ? fmt::format("at #{}; reductions and restarts over the {} before",
                                 text->of.first,
                                 duration_text(static_cast<std::int64_t>(text->seconds * 1e6)))
                   : fmt::format("at #{}; no rates and restarts: there is no snapshot before",
                                 text->of.first));
    damage_lines(text->damage);
    if (text->lines.empty()) {
      if (!text->damage.empty()) {
        empty_state("Not known", "The processes of this snapshot are damaged.");
      }
      session.ask_tree(text->of.second);
      return;
    }
  } else {
    quiet_text("reading …");
  }
  const ImGuiTableFlags flags = ImGuiTableFlags_Sortable | ImGuiTableFlags_Resizable |
                                ImGuiTableFlags_RowBg | ImGuiTableFlags_ScrollX |
                                ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit;
  if (!ImGui::BeginTable("tree", kColumnCount, flags)) return;
  session.ask_tree(draw_heads());
  if (text) draw_lines(session, *text);
  ImGui::EndTable();
}

}  // namespace

const Panel kTreePanel{"tree", "Tree", "Applications and their supervision trees", draw_tree};

}  // namespace beamtape
