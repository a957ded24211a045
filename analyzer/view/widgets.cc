#include "analyzer/view/widgets.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "analyzer/load/text.h"
#include "analyzer/load/time.h"
#include "analyzer/view/decimate.h"

namespace beamtape {

void quiet_text(const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, theme().quiet);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
}

void mono_text(const std::string& text, Theme::Colour colour) {
  ImGui::PushFont(faces().mono);
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

void lower_to_text() {
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() +
                       0.75F * (faces().text->FontSize - faces().mono->FontSize));
}

void right_text(const std::string& text, Theme::Colour colour) {
  ImGui::PushFont(faces().mono);
  const float room = ImGui::GetContentRegionAvail().x;
  const float wide = ImGui::CalcTextSize(text.c_str()).x;
  if (wide < room) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - wide);
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

namespace {

// The current column's head, its name above the digits and the arrow before it: ImGui would draw
// the name at the left, with room for an arrow at the right.
void number_head(const std::string& name) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = at.x + ImGui::GetContentRegionAvail().x;
  ImGui::PushStyleColor(ImGuiCol_Text, 0);
  ImGui::TableHeader(name.c_str());
  ImGui::PopStyleColor();
  const float size = ImGui::GetFontSize();
  const float x = std::max(at.x, right - ImGui::CalcTextSize(name.c_str()).x);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.PushClipRect(at, {right, at.y + 2 * size}, true);
  list.AddText({x, at.y}, theme().text, name.c_str());
  const ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  for (int i = 0; specs && i < specs->SpecsCount; ++i) {
    if (specs->Specs[i].ColumnIndex != ImGui::TableGetColumnIndex()) continue;
    const bool down = specs->Specs[i].SortDirection == ImGuiSortDirection_Descending;
    const float middle = at.y + size / 2, half = size * (down ? 0.25F : -0.25F);
    list.AddTriangleFilled({x - size * 0.85F, middle - half}, {x - size * 0.25F, middle - half},
                           {x - size * 0.55F, middle + half}, theme().text);
    const std::string place = std::to_string(specs->Specs[i].SortOrder + 1);
    if (specs->SpecsCount > 1) {
      list.AddText({x - size * 1.5F, at.y}, theme().quiet, place.c_str());
    }
  }
  list.PopClipRect();
}

}  // namespace

void table_head(int column, const std::string& name, const std::string& explanation, bool number) {
  if (!ImGui::TableSetColumnIndex(column)) return;
  if (number) {
    number_head(name);
  } else {
    ImGui::TableHeader(name.c_str());
  }
  explain(explanation);
}

void title_text(const std::string& text) {
  ImGui::PushFont(faces().title);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

namespace {

bool is_digit(char one) { return one >= '0' && one <= '9'; }

// In lines of that width, broken between words alone: ImGui breaks after dots too, as in names of
// files. The groups of a number stay together, and it with its unit. A word that is longer than a
// line is left as it is.
std::string broken_between_words(const std::string& text, float width) {
  std::string lines;
  float used = 0;
  const float space = ImGui::CalcTextSize(" ").x;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start;
    const auto keeps_together = [&] {
      return end > start && is_digit(text[end - 1]) && end + 1 < text.size() &&
             (is_digit(text[end + 1]) || text.compare(end + 2, 2, "iB") == 0);
    };
    while (end < text.size() && text[end] != '\n' && (text[end] != ' ' || keeps_together())) ++end;
    const std::string word = text.substr(start, end - start);
    const float wide = ImGui::CalcTextSize(word.c_str()).x;
    const bool first = lines.empty() || lines.back() == '\n';
    if (!first && used + space + wide > width) {
      lines += '\n';
      used = 0;
    } else if (!first) {
      lines += ' ';
      used += space;
    }
    lines += word;
    used += wide;
    if (end < text.size() && text[end] == '\n') {
      lines += '\n';
      used = 0;
    }
    start = end + 1;
  }
  return lines;
}

}  // namespace

void wrapped_text(const std::string& text, Theme::Colour colour) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(broken_between_words(text, ImGui::GetContentRegionAvail().x - 1).c_str());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

bool begin_popup(Session& session, const char* name) {
  constexpr int kEscape = 256;
  if (!ImGui::BeginPopup(name)) return false;
  session.around.popup = name;
  const bool escaped = std::any_of(session.pressed.begin(), session.pressed.end(),
                                   [](const KeyPress& one) { return one.key == kEscape; });
  if (escaped) ImGui::CloseCurrentPopup();
  return true;
}

void focus_line(Session& session) {
  ImGui::SetKeyboardFocusHere();
  session.around.opens_line = true;
}

void tell_place(Session& session, const std::string& name) {
  if (!session.around.tells_places || !ImGui::IsItemVisible()) return;
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  session.around.places[name] = {(low.x + high.x) / 2, (low.y + high.y) / 2};
}

void explain(const std::string& text) {
  if (text.empty() || !ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(scaled(420));
  ImGui::TextUnformatted(broken_between_words(text, scaled(410)).c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void damage_lines(const std::vector<std::string>& damage) {
  constexpr std::size_t kMostLines = 4;
  for (std::size_t i = 0; i < damage.size(); ++i) {
    if (i == kMostLines) {
      wrapped_text(fmt::format("and {} more damaged parts: `beamtape-analyzer check` lists them",
                               damage.size() - i),
                   theme().critical);
      return;
    }
    wrapped_text("damaged: " + printable(damage[i]), theme().critical);
  }
}

void empty_state(const std::string& headline, const std::string& why) {
  ImGui::Dummy({0, scaled(30)});
  ImGui::Indent(scaled(20));
  title_text(headline);
  wrapped_text(why, theme().quiet);
  ImGui::Unindent(scaled(20));
}

bool text_link(const std::string& text) {
  mono_text(text, theme().accent);
  if (!ImGui::IsItemHovered()) return false;
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  ImGui::GetWindowDrawList()->AddLine({low.x, high.y}, high, theme().accent);
  ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  return ImGui::IsMouseClicked(ImGuiMouseButton_Left);
}

void process_link(Session& session, const std::string& text, const std::string& subject) {
  if (text_link(text)) session.select(subject);
  if (ImGui::IsItemHovered()) {
    session.hovered_now.process = subject;
  } else if (subject == session.hovered.process) {
    ImGui::GetWindowDrawList()->AddRect(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                                        faded(theme().accent, 0.7F), scaled(3));
  }
}

void reach_text(const Session& session, const std::vector<double>& seconds,
                const std::vector<double>& values, Unit unit, bool is_rate) {
  double most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool shown = seconds[i] >= session.from_s && seconds[i] <= session.to_s;
    if (shown && values[i] > most) most = values[i];
  }
  if (most <= 0) return;
  ImGui::SameLine();
  quiet_text("to " + track_text(most, unit, is_rate));
  explain("The largest value in the shown range");
}

namespace {

// Where a curve stands on the screen, and what it counts to.
struct CurveFrame {
  ImVec2 low;
  float width = 0, floor_y = 0, height = 0;
  double from_s = 0, to_s = 1, most = 0;

  float x(double second) const {
    return low.x + static_cast<float>((second - from_s) / (to_s - from_s)) * width;
  }
  float y(double value) const {
    return most <= 0 ? floor_y : floor_y - static_cast<float>(value / most) * (height - scaled(3));
  }
};

// A value that was not read, or a gap, lies between: nothing is drawn over it.
bool broken_between(const Overview& overview, const std::vector<double>& seconds,
                    const std::vector<double>& values, std::size_t a, std::size_t b) {
  for (std::size_t k = a + 1; k < b; ++k) {
    if (std::isnan(values[k])) return true;
  }
  return gap_between(overview, seconds[a], seconds[b]);
}

void draw_curve(const Overview& overview, const std::vector<double>& seconds,
                const std::vector<double>& values, const std::vector<std::size_t>& kept,
                const CurveFrame& frame, const CurveLook& look, bool strong) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto point = [&](std::size_t i) { return ImVec2{frame.x(seconds[i]), frame.y(values[i])}; };
  // Soft edges would show as seams between two quads; the line above has its own.
  const ImDrawListFlags flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;
  bool alone = true;  // nothing is drawn to this point from the one before
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const bool last = i + 1 == kept.size();
    const bool broken = last || broken_between(overview, seconds, values, kept[i], kept[i + 1]);
    const ImVec2 here = point(kept[i]);
    if (broken) {
      if (alone) list.AddCircleFilled(here, scaled(2), look.colour);
    } else {
      const ImVec2 next = point(kept[i + 1]);
      list.AddQuadFilled({here.x, frame.floor_y}, here, next, {next.x, frame.floor_y},
                         faded(look.colour, strong ? 0.45F : 0.25F));
      list.AddLine(here, next, look.colour, scaled(strong ? 2.5F : 1.5F));
    }
    alone = broken;
  }
  list.Flags = flags;
}

// What the mouse is over: the instant, for every other curve as well, and the value there.
void tell_curve(Session& session, const std::vector<double>& seconds,
                const std::vector<double>& values, const CurveFrame& frame, const CurveLook& look) {
  const double under =
      frame.from_s +
      (frame.to_s - frame.from_s) *
          static_cast<double>((ImGui::GetIO().MousePos.x - frame.low.x) / frame.width);
  const std::size_t at = session.position_at(under);
  const double second = session.overview().seconds[at];
  session.hovered_now.second = second;
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) session.go_to(at);
  if (!look.subject.empty()) session.hovered_now.process = look.subject;
  std::string text = "no value here";
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (std::abs(seconds[i] - second) < 1e-3) {
      text = track_text(values[i], look.unit, look.is_rate);
    }
  }
  ImGui::BeginTooltip();
  quiet_text(clock_text(session.overview().instants[at].wall_us, false) + " UTC");
  mono_text(text, theme().text);
  ImGui::EndTooltip();
}

}  // namespace

void curve(Session& session, const std::vector<double>& seconds, const std::vector<double>& values,
           const CurveLook& look) {
  const Overview& overview = session.overview();
  CurveFrame frame{ImGui::GetCursorScreenPos(),
                   std::max(1.0F, ImGui::GetContentRegionAvail().x),
                   0,
                   look.height,
                   session.from_s,
                   session.to_s};
  frame.floor_y = frame.low.y + look.height - scaled(1);
  const ImVec2 high{frame.low.x + frame.width, frame.low.y + look.height};
  ImGui::Dummy({frame.width, look.height});
  const bool under = ImGui::IsItemHovered() && !overview.instants.empty();
  if (under) tell_curve(session, seconds, values, frame, look);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({frame.low.x, frame.floor_y}, {high.x, frame.floor_y}, theme().line);
  const auto kept =
      decimated(seconds, values, {frame.from_s, frame.to_s}, static_cast<std::size_t>(frame.width));
  for (const std::size_t one : kept) frame.most = std::max(frame.most, values[one]);
  list.PushClipRect(frame.low, {high.x, high.y + 1}, true);
  const bool strong = !look.subject.empty() && look.subject == session.hovered.process;
  draw_curve(overview, seconds, values, kept, frame, look, strong);
  const auto mark = [&](double second, float opacity) {
    const float x = frame.x(second);
    list.AddLine({x, frame.low.y}, {x, frame.floor_y}, faded(theme().text, opacity));
  };
  if (!overview.seconds.empty()) mark(overview.seconds[session.at()], 0.5F);
  if (session.hovered.second) mark(*session.hovered.second, 0.25F);
  list.PopClipRect();
}

}  // namespace beamtape
