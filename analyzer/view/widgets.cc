#include "analyzer/view/widgets.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

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

void table_head(int column, const std::string& name, const std::string& explanation, bool number,
                bool sortable) {
  if (!ImGui::TableSetColumnIndex(column)) return;
  if (number) {
    const float arrow = sortable ? ImGui::GetFontSize() + ImGui::GetStyle().FramePadding.x : 0;
    const float room =
        ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(name.c_str()).x - arrow;
    if (room > 0) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room);
  }
  ImGui::TableHeader(name.c_str());
  explain(explanation);
}

void title_text(const std::string& text) {
  ImGui::PushFont(faces().title);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

void wrapped_text(const std::string& text, Theme::Colour colour) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

void explain(const std::string& text) {
  if (text.empty() || !ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(scaled(420));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void empty_state(const std::string& headline, const std::string& why) {
  ImGui::Dummy({0, scaled(30)});
  ImGui::Indent(scaled(20));
  title_text(headline);
  wrapped_text(why, theme().quiet);
  ImGui::Unindent(scaled(20));
}

void process_link(Session& session, const std::string& text, const std::string& subject, int id) {
  ImGui::PushID(id);
  ImGui::PushFont(faces().mono);
  ImGui::PushStyleColor(ImGuiCol_Text, theme().accent);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
  ImGui::PopFont();
  if (subject == session.hovered && !ImGui::IsItemHovered()) {
    ImGui::GetWindowDrawList()->AddRect(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                                        faded(theme().accent, 0.7F), scaled(3));
  }
  if (ImGui::IsItemHovered()) {
    session.hovered_now = subject;
    const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    ImGui::GetWindowDrawList()->AddLine({low.x, high.y}, high, theme().accent);
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) session.select(subject);
  }
  ImGui::PopID();
}

void curve(const std::vector<double>& seconds, const std::vector<double>& values,
           std::pair<double, double> range, const CurveLook& look) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = std::max(1.0F, ImGui::GetContentRegionAvail().x);
  ImGui::Dummy({width, look.height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float floor_y = at.y + look.height - scaled(1);
  list.AddLine({at.x, floor_y}, {at.x + width, floor_y}, theme().line);
  const auto kept = decimated(seconds, values, range, static_cast<std::size_t>(width));
  double most = 0;
  for (const std::size_t one : kept) most = std::max(most, values[one]);
  const auto x_of = [&](double second) {
    return at.x + static_cast<float>((second - range.first) / (range.second - range.first)) * width;
  };
  const auto y_of = [&](double value) {
    return most <= 0 ? floor_y
                     : floor_y - static_cast<float>(value / most) * (look.height - scaled(3));
  };
  list.PushClipRect(at, {at.x + width, at.y + look.height + 1}, true);
  // Soft edges would show as seams between two quads; the line above has its own.
  const ImDrawListFlags flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const ImVec2 here{x_of(seconds[kept[i]]), y_of(values[kept[i]])};
    if (kept.size() == 1) list.AddCircleFilled(here, scaled(2), look.colour);
    if (i == 0) continue;
    // A value that was not read lies between: nothing is drawn over it.
    bool broken = false;
    for (std::size_t k = kept[i - 1] + 1; k < kept[i]; ++k) broken |= std::isnan(values[k]);
    if (broken) continue;
    const ImVec2 before{x_of(seconds[kept[i - 1]]), y_of(values[kept[i - 1]])};
    if (look.filled) {
      list.AddQuadFilled({before.x, floor_y}, before, here, {here.x, floor_y},
                         faded(look.colour, 0.25F));
    }
    list.AddLine(before, here, look.colour, scaled(1.5F));
  }
  list.Flags = flags;
  const float head = x_of(look.marked_second);
  list.AddLine({head, at.y}, {head, floor_y}, faded(theme().text, 0.5F));
  list.PopClipRect();
}

}  // namespace beamtape
