// The timeline across the top: what the node's numbers did, and where in it one is. A click goes to
// an instant; a drag compares its two ends; the wheel zooms at the mouse.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/decimate.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/timeline_area.h"
#include "analyzer/view/widgets.h"

namespace beamtape {

namespace {

constexpr std::size_t kLanes = 6;  // the first of Overview::tracks; memory is one of them
constexpr float kStrip = 18;       // for the marks
constexpr float kGutter = 232;

using Area = TimelineArea;

// The curves from top to bottom, memory first.
struct Lanes {
  explicit Lanes(Session& session) : use(session.scheduler_use()) {
    const Overview& overview = session.overview();
    for (std::size_t i = 0; i < std::min(kLanes, overview.tracks.size()); ++i) {
      tracks.push_back(&overview.tracks[i]);
    }
    // Only where the node measured it.
    if (use) tracks.push_back(use.get());
  }

  std::shared_ptr<const Track> use;
  std::vector<const Track*> tracks;
};

// A gap or an unread value between two drawn instants: nothing is drawn over it.
bool broken_between(const Overview& overview, const Track& track, std::size_t a, std::size_t b) {
  for (std::size_t i = a; i <= b; ++i) {
    if (std::isnan(track.values[i])) return true;
  }
  return gap_between(overview, overview.seconds[a], overview.seconds[b]);
}

void draw_memory(const Overview& overview, const Area& area, const Track& total,
                 const std::vector<std::size_t>& kept, double most) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  // Without soft edges, which would show as seams between two quads.
  const ImDrawListFlags flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;
  // A part of a pixel is a whole one: else it would come and go.
  const auto height = [&](double bytes) {
    if (std::isnan(bytes) || bytes <= 0) return 0.0F;
    return std::max(1.0F, static_cast<float>(bytes / most) * (area.high.y - area.low.y));
  };
  const auto stack = [&](std::size_t a, std::size_t b, float xa, float xb) {
    float ya = area.high.y, yb = area.high.y;
    for (std::size_t part = 0; part < overview.memory.size(); ++part) {
      const auto& values = overview.memory[part].values;
      const float above_a = ya - height(values[a]), above_b = yb - height(values[b]);
      list.AddQuadFilled({xa, ya}, {xa, above_a}, {xb, above_b}, {xb, yb},
                         faded(theme().series[part % theme().series.size()], 0.8F));
      ya = above_a;
      yb = above_b;
    }
  };
  for (std::size_t k = 1; k < kept.size(); ++k) {
    const std::size_t a = kept[k - 1], b = kept[k];
    if (broken_between(overview, total, a, b)) continue;
    stack(a, b, area.x(overview.seconds[a]), area.x(overview.seconds[b]));
  }
  if (kept.size() == 1) {
    const float x = area.x(overview.seconds[kept[0]]);
    stack(kept[0], kept[0], x - scaled(3), x + scaled(3));
  }
  list.Flags = flags;
}

void draw_line(const Overview& overview, const Area& area, const Track& track,
               const std::vector<std::size_t>& kept, double most) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto point = [&](std::size_t i) {
    return ImVec2{area.x(overview.seconds[i]),
                  area.high.y - static_cast<float>(track.values[i] / most) *
                                    (area.high.y - area.low.y - scaled(2))};
  };
  if (kept.size() == 1) list.AddCircleFilled(point(kept[0]), scaled(2), theme().accent);
  const ImDrawListFlags flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;
  for (std::size_t k = 1; k < kept.size(); ++k) {
    if (broken_between(overview, track, kept[k - 1], kept[k])) continue;
    const ImVec2 a = point(kept[k - 1]), b = point(kept[k]);
    list.AddQuadFilled({a.x, area.high.y}, a, b, {b.x, area.high.y}, faded(theme().accent, 0.15F));
    list.AddLine(a, b, theme().accent, scaled(1.3F));
  }
  list.Flags = flags;
}

// In the middle of its lane; that of the memory at the top, above the key to its colours.
void draw_label(const Session& session, const Track& track, const Area& area, float left) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const double value = track.values.empty() ? NAN : track.values[session.at()];
  const std::string text = text_at(track, session.at());
  const float size = faces().text->FontSize;
  const bool with_key = &track == &session.overview().tracks.front();
  const float y = with_key ? area.low.y : (area.low.y + area.high.y - size) / 2;
  list.AddText(faces().text, size, {left, y}, theme().quiet, track.title.c_str());
  const float mono = faces().mono->FontSize;
  const ImVec2 wide = faces().mono->CalcTextSizeA(mono, FLT_MAX, 0, text.c_str());
  list.AddText(faces().mono, mono, {area.low.x - wide.x - scaled(14), y + size - mono},
               std::isnan(value) ? theme().quiet : theme().text, text.c_str());
}

void draw_lane(const Session& session, const Track& track, const Area& area, float left) {
  const Overview& overview = session.overview();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({area.low.x, area.high.y}, {area.high.x, area.high.y}, theme().line);
  draw_label(session, track, area, left);
  const auto kept = decimated(overview.seconds, track.values, {area.from_s, area.to_s},
                              static_cast<std::size_t>(std::max(1.0F, area.high.x - area.low.x)));
  double most = 0;
  for (const std::size_t one : kept) most = std::max(most, track.values[one]);
  if (most <= 0 || track.is_share) most = 1;
  list.PushClipRect({area.low.x, area.low.y}, {area.high.x, area.high.y + 1}, true);
  if (&track == &overview.tracks.front()) {
    draw_memory(overview, area, track, kept, most);
  } else {
    draw_line(overview, area, track, kept, most);
  }
  list.PopClipRect();
}

void draw_axis(const Overview& overview, const Area& area, float top) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const double span = area.to_s - area.from_s;
  double step = 0.1;
  for (const double one : {0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0,
                           1800.0, 3600.0, 7200.0, 21600.0, 86400.0, 604800.0}) {
    if (step < span / 8) step = one;
  }
  const auto start_us = overview.instants.front().wall_us;
  const double offset = std::fmod(static_cast<double>(start_us) / 1e6, step);
  const float size = faces().mono->FontSize * 0.9F;
  for (double at = std::ceil((area.from_s + offset) / step) * step - offset; at <= area.to_s;
       at += step) {
    const std::string text = clock_text(start_us + std::llround(at * 1e6), step < 1);
    const float x = area.x(at);
    list.AddLine({x, area.low.y}, {x, area.high.y}, faded(theme().line, 0.6F));
    const float wide = faces().mono->CalcTextSizeA(size, FLT_MAX, 0, text.c_str()).x;
    if (x - wide / 2 < area.low.x || x + wide / 2 > area.high.x) continue;
    list.AddText(faces().mono, size, {x - wide / 2, top}, theme().quiet, text.c_str());
  }
}

void draw_mark(const Area& area, double second, Theme::Colour colour, const char* letter) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float x = area.x(second);
  if (x < area.low.x - 1 || x > area.high.x + 1) return;
  list.AddLine({x, area.low.y}, {x, area.high.y}, colour, scaled(1.5F));
  const float size = faces().mono->FontSize;
  // A flag, inwards at the right edge.
  const float left = x + size > area.high.x ? x - size : x;
  list.AddRectFilled({left, area.low.y}, {left + size, area.low.y + size}, colour);
  list.AddText(faces().mono, size, {left + size * 0.2F, area.low.y}, theme().on_accent, letter);
}

void draw_gaps_and_notes(const Overview& overview, const Area& area) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (const Stretch& gap : overview.gaps) {
    const float a = std::max(area.low.x, area.x(second_of(overview, gap.from_us)));
    const float b = std::min(area.high.x, std::max(a + 2, area.x(second_of(overview, gap.to_us))));
    if (a >= area.high.x || b <= area.low.x) continue;
    list.AddRectFilled({a, area.low.y}, {b, area.high.y}, faded(theme().quiet, 0.15F));
    for (float x = a - (area.high.y - area.low.y); x < b; x += scaled(8)) {
      list.PushClipRect({a, area.low.y}, {b, area.high.y}, true);
      list.AddLine({x, area.high.y}, {x + (area.high.y - area.low.y), area.low.y},
                   faded(theme().quiet, 0.35F));
      list.PopClipRect();
    }
  }
  for (const Stretch& note : overview.notes) {
    const float x = area.x(note_second(overview, note));
    if (x < area.low.x || x > area.high.x) continue;
    list.AddLine({x, area.low.y}, {x, area.high.y}, faded(theme().good, 0.7F), scaled(1));
  }
}

void draw_comparison(const Session& session, const Area& area) {
  const auto& seconds = session.overview().seconds;
  if (session.mark_a && session.mark_b) {
    ImGui::GetWindowDrawList()->AddRectFilled({area.x(seconds[*session.mark_a]), area.low.y},
                                              {area.x(seconds[*session.mark_b]), area.high.y},
                                              faded(theme().accent, 0.12F));
  }
  if (session.mark_a) draw_mark(area, seconds[*session.mark_a], theme().accent, "A");
  if (session.mark_b) draw_mark(area, seconds[*session.mark_b], theme().accent, "B");
}

void draw_playhead(const Session& session, const Area& area) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (session.hovered.second) {
    const float at = area.x(*session.hovered.second);
    if (at >= area.low.x && at <= area.high.x) {
      list.AddLine({at, area.low.y}, {at, area.high.y}, faded(theme().text, 0.3F));
    }
  }
  const float x = area.x(session.overview().seconds[session.at()]);
  if (x < area.low.x - 1 || x > area.high.x + 1) return;
  list.AddLine({x, area.low.y}, {x, area.high.y}, theme().text, scaled(1.5F));
  const float half = scaled(5);
  list.AddTriangleFilled({x - half, area.low.y - half}, {x + half, area.low.y - half},
                         {x, area.low.y + half}, theme().text);
}

void tell_hovered(Session& session, const Area& area) {
  const Overview& overview = session.overview();
  const double second = area.second(ImGui::GetIO().MousePos.x);
  const std::size_t at = session.position_at(second);
  const Instant& instant = overview.instants[at];
  session.hovered_now.second = overview.seconds[at];
  ImGui::BeginTooltip();
  ImGui::Text("#%lld  %s UTC", static_cast<long long>(instant.snapshot),
              clock_text(instant.wall_us, true).c_str());
  const Lanes lanes(session);
  for (const Track* lane : lanes.tracks) quiet_text(lane->title + "  " + text_at(*lane, at));
  const auto wall = overview.instants.front().wall_us + std::llround(second * 1e6);
  for (const Stretch& gap : overview.gaps) {
    if (gap.from_us <= wall && wall <= gap.to_us) ImGui::Text("gap: %s", gap.reason.c_str());
  }
  ImGui::EndTooltip();
}

void take_mouse(Session& session, const Area& area) {
  ImGui::SetCursorScreenPos({area.low.x, area.low.y});
  ImGui::InvisibleButton("timeline", {area.high.x - area.low.x, area.high.y - area.low.y});
  tell_place(session, "timeline");
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsItemHovered()) {
    tell_hovered(session, area);
    if (io.MouseWheel != 0 && !io.KeyShift) {
      session.zoom(std::pow(0.8, io.MouseWheel), area.second(io.MousePos.x));
    }
    const float sideways = io.MouseWheelH + (io.KeyShift ? io.MouseWheel : 0);
    if (sideways != 0) session.pan(-sideways * 0.1 * (area.to_s - area.from_s));
  }
  if (!ImGui::IsItemActive() && !ImGui::IsItemDeactivated()) return;
  const std::size_t here = session.position_at(area.second(io.MousePos.x));
  const std::size_t start = session.position_at(area.second(io.MouseClickedPos[0].x));
  if (std::abs(io.MousePos.x - io.MouseClickedPos[0].x) > scaled(6)) {
    session.mark_a = std::min(start, here);
    session.mark_b = std::max(start, here);
    if (ImGui::IsItemDeactivated()) session.compare(*session.mark_a, *session.mark_b);
  } else if (ImGui::IsItemDeactivated()) {
    session.go_to(here);
  }
}

// The key to the colours, below the memory's name.
void draw_memory_key(const Overview& overview, const Area& area, float left) {
  constexpr std::size_t kColumns = 3;
  const float size = faces().text->FontSize * 0.8F;
  const float top = area.low.y + faces().text->FontSize + scaled(2);
  const float wide = (area.low.x - scaled(14) - left) / kColumns;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (std::size_t part = 0; part < overview.memory.size(); ++part) {
    const float x = left + static_cast<float>(part % kColumns) * wide;
    const float y = top + static_cast<float>(part / kColumns) * (size + scaled(1));
    list.AddRectFilled({x, y + scaled(2)}, {x + scaled(8), y + scaled(10)},
                       theme().series[part % theme().series.size()]);
    list.AddText(faces().text, size, {x + scaled(11), y}, theme().quiet,
                 overview.memory[part].title.c_str());
  }
}

}  // namespace

void draw_timeline(Session& session) {
  const Overview& overview = session.overview();
  if (!overview.error.empty()) {
    empty_state("Nothing to show", overview.error);
    return;
  }
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float axis = scaled(18);
  Area whole{{start.x + scaled(kGutter), start.y + scaled(4 + kStrip)},
             {start.x + room.x, start.y + room.y - axis},
             session.from_s,
             session.to_s};
  draw_axis(overview, whole, whole.high.y + scaled(2));
  draw_gaps_and_notes(overview, whole);
  const Lanes lanes(session);
  // Memory gets as much as three of the others.
  const float unit = (whole.high.y - whole.low.y) / static_cast<float>(lanes.tracks.size() + 2);
  float top = whole.low.y;
  for (const Track* lane : lanes.tracks) {
    Area area = whole;
    area.low.y = top + scaled(2);
    top += lane == lanes.tracks.front() ? 3 * unit : unit;
    area.high.y = top;
    draw_lane(session, *lane, area, start.x);
    if (lane == lanes.tracks.front()) draw_memory_key(overview, area, start.x);
  }
  draw_comparison(session, whole);
  draw_playhead(session, whole);
  take_mouse(session, whole);
  Area strip = whole;
  strip.low.y = start.y;
  strip.high.y = whole.low.y - scaled(2);
  draw_timeline_marks(session, strip, start.x);
}

}  // namespace beamtape
