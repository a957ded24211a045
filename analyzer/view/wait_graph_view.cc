// Who waits for whom, drawn: an arrow goes from who waits to whom it waits for.

#include "analyzer/view/wait_graph_view.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

using Box = WaitPicture::Box;

struct Lines {
  std::string first, second;
};

// `narrow`: one below the other.
Lines lines_of(const WaitsText& text, const Box& box, bool narrow) {
  Lines lines;
  lines.first = clipped(printable(box.name), narrow ? 24 : 44);
  if (box.folded > 1)
    lines.first =
        fmt::format("{} ×  ", grouped(static_cast<std::int64_t>(box.folded))) + lines.first;
  std::vector<std::string> told;
  if (box.folded == 1 && box.name != box.pid) told.push_back(printable(box.pid));
  if (!box.links) told.push_back("not recorded here");
  if (box.wait != Box::kNone) {
    const Wait& wait = text.found.waits[box.wait];
    if (wait.since) {
      // Waits stand the longest first.
      told.push_back((box.folded > 1 ? "the first " : "") +
                     std::string(wait.since_open ? "since before " : "since ") +
                     clock_text(wait.since->began_wall_us, false));
    }
  }
  if (box.waited_by > 0)
    told.push_back(fmt::format("{} wait{} for it",
                               grouped(static_cast<std::int64_t>(box.waited_by)),
                               box.waited_by == 1 ? "s" : ""));
  lines.second = joined(told, narrow ? "\n" : "  ·  ");
  return lines;
}

constexpr float kBetweenColumns = 60;

// Places on the screen.
struct Grid {
  std::vector<float> column_x, column_width;
  float top = 0, box_height = 0, row_height = 0;

  float right() const { return column_x.empty() ? 0 : column_x.back() + column_width.back(); }
  ImVec2 low(const Box& box) const {
    return {column_x[box.column], top + static_cast<float>(box.row) * row_height};
  }
  ImVec2 high(const Box& box) const {
    const ImVec2 at = low(box);
    return {at.x + column_width[box.column], at.y + box_height};
  }
};

Grid grid_of(const WaitPicture& picture, const std::vector<Lines>& lines, ImVec2 start) {
  Grid grid;
  const float size = faces().mono->FontSize;
  float rest = size;
  for (const Lines& one : lines) {
    rest = std::max(rest, faces().mono->CalcTextSizeA(size, FLT_MAX, 0, one.second.c_str()).y);
  }
  grid.box_height = size + rest + scaled(14);
  grid.row_height = grid.box_height + scaled(10);
  grid.top = start.y;
  grid.column_width.assign(picture.columns, 0);
  for (std::size_t i = 0; i < picture.boxes.size(); ++i) {
    float& wide = grid.column_width[picture.boxes[i].column];
    for (const std::string* one : {&lines[i].first, &lines[i].second}) {
      wide = std::max(wide,
                      faces().mono->CalcTextSizeA(size, FLT_MAX, 0, one->c_str()).x + scaled(20));
    }
  }
  float x = start.x + scaled(46);  // room for a circle's way back
  for (const float wide : grid.column_width) {
    grid.column_x.push_back(x);
    x += wide + scaled(kBetweenColumns);
  }
  return grid;
}

void draw_arrow_head(ImVec2 tip, ImVec2 way, Theme::Colour colour) {
  const float size = scaled(7);
  const ImVec2 across{-way.y, way.x};
  ImGui::GetWindowDrawList()->AddTriangleFilled(tip,
                                                {tip.x - way.x * size + across.x * size * 0.6F,
                                                 tip.y - way.y * size + across.y * size * 0.6F},
                                                {tip.x - way.x * size - across.x * size * 0.6F,
                                                 tip.y - way.y * size - across.y * size * 0.6F},
                                                colour);
}

void draw_arrow(const Grid& grid, const Box& from, const Box& to) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 from_low = grid.low(from), from_high = grid.high(from);
  const ImVec2 to_low = grid.low(to), to_high = grid.high(to);
  const auto colour = from.in_circle && to.in_circle ? theme().critical : theme().quiet;
  const float thick = scaled(from.in_circle ? 2 : 1.3F);
  if (from.in_circle && to.in_circle) {
    if (from.row < to.row) {  // down to the next
      const float x = from_low.x + scaled(30);
      list.AddLine({x, from_high.y}, {x, to_low.y - scaled(5)}, colour, thick);
      draw_arrow_head({x, to_low.y}, {0, 1}, colour);
    } else {  // back to the first, around at the left
      const ImVec2 start{from_low.x, (from_low.y + from_high.y) / 2};
      const ImVec2 end{to_low.x, (to_low.y + to_high.y) / 2};
      const float out = scaled(42);
      list.AddBezierCubic(start, {start.x - out, start.y}, {end.x - out, end.y},
                          {end.x - scaled(5), end.y}, colour, thick);
      draw_arrow_head(end, {1, 0}, colour);
    }
    return;
  }
  const ImVec2 start{from_low.x, (from_low.y + from_high.y) / 2};
  const ImVec2 end{to_high.x, (to_low.y + to_high.y) / 2};
  const float out = (start.x - end.x) / 2;
  list.AddBezierCubic(start, {start.x - out, start.y}, {end.x + out, end.y},
                      {end.x + scaled(5), end.y}, colour, thick);
  draw_arrow_head(end, {-1, 0}, colour);
}

std::string tooltip_of(const WaitsText& text, const Box& box) {
  std::string told;
  if (box.wait != Box::kNone) {
    const Wait& wait = text.found.waits[box.wait];
    told = fmt::format("in {}, {}", printable(wait.function), certainty_name(wait.certainty));
  }
  if (!is_missing(box.queue)) {
    told += (told.empty() ? "" : "\n") + fmt::format("{} messages wait at it", grouped(box.queue));
  }
  if (box.folded > 1) told += "\nSeveral of one name for whom nobody waits: see the list";
  return told;
}

void draw_box(Session& session, const WaitsText& text, const Grid& grid, const Box& box,
              const Lines& lines, int id) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 low = grid.low(box), high = grid.high(box);
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(id);
  const bool clicked = ImGui::InvisibleButton("box", {high.x - low.x, high.y - low.y});
  ImGui::PopID();
  const bool leads = box.links && box.folded == 1, hovered = ImGui::IsItemHovered();
  if (hovered && leads) session.hovered_now.process = box.pid;
  const bool selected = !box.pid.empty() && session.selected_pid() == box.pid;
  list.AddRectFilled(low, high, selected ? faded(theme().accent, 0.25F) : theme().raised,
                     scaled(4));
  list.AddRect(low, high,
               box.in_circle                                 ? theme().critical
               : leads && session.hovered.process == box.pid ? theme().accent
                                                             : theme().line,
               scaled(4), 0, scaled(box.in_circle ? 1.5F : 1));
  const float size = faces().mono->FontSize;
  const float x = low.x + scaled(10), y = low.y + scaled(5);
  list.AddText(faces().mono, size, {x, y}, leads ? theme().accent : theme().text,
               lines.first.c_str());
  list.AddText(faces().mono, size, {x, y + size + scaled(4)}, theme().quiet, lines.second.c_str());
  explain(tooltip_of(text, box));
  if (!leads) return;
  if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (clicked) session.select(box.pid);
}

}  // namespace

void draw_wait_graph(Session& session, const WaitsText& text) {
  const WaitPicture& picture = text.picture;
  if (picture.left_out > 0) {
    quiet_text(fmt::format("{} more wait than are drawn here: the list has all",
                           grouped(static_cast<std::int64_t>(picture.left_out))));
  }
  ImGui::BeginChild("graph", {0, 0}, false, ImGuiWindowFlags_HorizontalScrollbar);
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const float edge = start.x + ImGui::GetContentRegionAvail().x;
  std::vector<Lines> lines;
  Grid grid;
  for (const bool narrow : {false, true}) {
    lines.clear();
    for (const Box& box : picture.boxes) lines.push_back(lines_of(text, box, narrow));
    grid = grid_of(picture, lines, {start.x, start.y + scaled(6)});
    if (grid.right() <= edge) break;
  }
  for (const Box& box : picture.boxes) {
    if (box.waits_for != Box::kNone) draw_arrow(grid, box, picture.boxes[box.waits_for]);
  }
  for (std::size_t i = 0; i < picture.boxes.size(); ++i) {
    draw_box(session, text, grid, picture.boxes[i], lines[i], static_cast<int>(i));
  }
  // So that one can scroll to the last of them.
  ImGui::SetCursorScreenPos(start);
  if (!grid.column_x.empty()) {
    ImGui::Dummy(
        {grid.right() - start.x, static_cast<float>(picture.rows) * grid.row_height + scaled(10)});
  }
  ImGui::EndChild();
}

}  // namespace beamtape
