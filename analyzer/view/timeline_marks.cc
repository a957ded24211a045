// The strip above the timeline's curves: where findings, notes and gaps are.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/timeline_area.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

struct Mark {
  enum class Kind { kFinding, kNote, kGap };
  Kind kind = Kind::kFinding;
  double from_s = 0, to_s = 0;
  Severity severity = Severity::kInfo;  // of a finding
  std::size_t index = 0;                // among its kind
  std::string text;
  float x = 0;  // where it is drawn
};

std::vector<Mark> marks_of(Session& session) {
  const Overview& overview = session.overview();
  std::vector<Mark> marks;
  if (const auto answer = session.findings()) {
    const auto& findings = answer->found.findings;
    for (std::size_t i = 0; i < findings.size(); ++i) {
      marks.push_back(
          {Mark::Kind::kFinding, second_of(overview, findings[i].from_wall_us),
           second_of(overview, findings[i].to_wall_us), findings[i].severity, i,
           std::string(severity_name(findings[i].severity)) + ": " + printable(findings[i].title)});
    }
  }
  for (std::size_t i = 0; i < overview.notes.size(); ++i) {
    const double at = note_second(overview, overview.notes[i]);
    marks.push_back(
        {Mark::Kind::kNote, at, at, Severity::kInfo, i, "note: " + overview.notes[i].reason});
  }
  for (std::size_t i = 0; i < overview.gaps.size(); ++i) {
    const Stretch& gap = overview.gaps[i];
    marks.push_back({Mark::Kind::kGap, second_of(overview, gap.from_us),
                     second_of(overview, gap.to_us), Severity::kInfo, i, "gap: " + gap.reason});
  }
  return marks;
}

// Side by side where they would lie on each other; those out of sight are dropped.
void place(std::vector<Mark>& marks, const TimelineArea& area) {
  for (Mark& mark : marks) {
    // Of a gap the middle of what is in sight.
    const double from = std::max(mark.from_s, area.from_s), to = std::min(mark.to_s, area.to_s);
    const bool in_sight = mark.kind == Mark::Kind::kGap && from < to;
    mark.x = area.x(in_sight ? (from + to) / 2 : mark.from_s);
    // Of a finding that began before what is shown and still goes on.
    if (mark.kind == Mark::Kind::kFinding && mark.x < area.low.x && mark.to_s > area.from_s) {
      mark.x = area.low.x;
    }
  }
  marks.erase(std::remove_if(marks.begin(), marks.end(),
                             [&](const Mark& mark) {
                               return mark.x < area.low.x - 1 || mark.x > area.high.x + 1;
                             }),
              marks.end());
  std::stable_sort(marks.begin(), marks.end(),
                   [](const Mark& a, const Mark& b) { return a.x < b.x; });
  float free = area.low.x - scaled(20);
  for (Mark& mark : marks) {
    mark.x = std::max(mark.x, free);
    free = mark.x + scaled(15);
  }
}

Theme::Colour colour_of(const Mark& mark) {
  if (mark.kind == Mark::Kind::kNote) return theme().good;
  if (mark.kind == Mark::Kind::kGap) return theme().quiet;
  if (mark.severity == Severity::kCritical) return theme().critical;
  return mark.severity == Severity::kWarning ? theme().warning : theme().accent;
}

// The signs that the list of findings has, a diamond for a note, two bars for a gap.
void draw_sign(const Mark& mark, float y, float size) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto colour = colour_of(mark);
  const float x = mark.x;
  if (mark.kind == Mark::Kind::kNote) {
    list.AddQuadFilled({x - size, y}, {x, y - size}, {x + size, y}, {x, y + size}, colour);
  } else if (mark.kind == Mark::Kind::kGap) {
    list.AddRectFilled({x - size * 0.7F, y - size}, {x - size * 0.2F, y + size}, colour);
    list.AddRectFilled({x + size * 0.2F, y - size}, {x + size * 0.7F, y + size}, colour);
  } else if (mark.severity == Severity::kCritical) {
    list.AddRectFilled({x - size * 0.85F, y - size * 0.85F}, {x + size * 0.85F, y + size * 0.85F},
                       colour);
  } else if (mark.severity == Severity::kWarning) {
    list.AddTriangleFilled({x, y - size}, {x + size, y + size * 0.8F}, {x - size, y + size * 0.8F},
                           colour);
  } else {
    list.AddCircleFilled({x, y}, size * 0.9F, colour);
  }
}

void go_to(Session& session, const Mark& mark) {
  session.go_to(session.position_at(mark.from_s));
  if (mark.kind == Mark::Kind::kFinding) session.show_finding(mark.index);
  if (mark.kind == Mark::Kind::kGap) session.show("recording");
}

void tell(const Session& session, const Mark& mark) {
  const auto start = session.overview().instants.front().wall_us;
  const auto clock = [&](double second) {
    return clock_text(start + std::llround(second * 1e6), false);
  };
  ImGui::BeginTooltip();
  quiet_text(mark.kind == Mark::Kind::kNote
                 ? clock(mark.from_s)
                 : fmt::format("{} to {}", clock(mark.from_s), clock(mark.to_s)));
  ImGui::PushTextWrapPos(scaled(420));
  ImGui::TextUnformatted(mark.text.c_str());
  ImGui::PopTextWrapPos();
  quiet_text(mark.kind == Mark::Kind::kFinding ? "a click shows its evidence"
                                               : "a click goes there");
  ImGui::EndTooltip();
}

}  // namespace

void draw_timeline_marks(Session& session, const TimelineArea& area, float left) {
  auto marks = marks_of(session);
  const float y = (area.low.y + area.high.y) / 2, size = scaled(5.5F);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float text = faces().text->FontSize;
  list.AddText(faces().text, text, {left, y - text / 2}, theme().quiet, "findings, notes, gaps");
  const auto total = std::to_string(marks.size());
  const float mono = faces().mono->FontSize;
  const float wide = faces().mono->CalcTextSizeA(mono, FLT_MAX, 0, total.c_str()).x;
  list.AddText(faces().mono, mono, {area.low.x - wide - scaled(14), y - mono / 2}, theme().text,
               total.c_str());
  list.AddLine({area.low.x, area.high.y}, {area.high.x, area.high.y}, theme().line);
  place(marks, area);
  const ImGuiIO& io = ImGui::GetIO();
  // Signs at the very edge reach into the room beside.
  ImGui::SetCursorScreenPos({area.low.x - size, area.low.y});
  ImGui::InvisibleButton("marks", {area.high.x - area.low.x + 2 * size, area.high.y - area.low.y});
  const bool over = ImGui::IsItemHovered(), clicked = ImGui::IsItemClicked();
  const Mark* under = nullptr;
  for (const Mark& mark : marks) {
    if (over && std::abs(mark.x - io.MousePos.x) < scaled(8)) under = &mark;
  }
  if (under && under->kind == Mark::Kind::kFinding) {
    const float a = std::max(area.low.x, area.x(under->from_s));
    const float b = std::min(area.high.x, area.x(under->to_s));
    list.AddRectFilled({a, area.low.y}, {b, area.high.y}, faded(colour_of(*under), 0.25F));
  }
  for (const Mark& mark : marks) draw_sign(mark, y, size);
  if (session.around.tells_places && !marks.empty()) {
    session.around.places["first mark"] = {marks.front().x, y};
  }
  if (!under) return;
  ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  tell(session, *under);
  if (clicked) go_to(session, *under);
}

}  // namespace beamtape
