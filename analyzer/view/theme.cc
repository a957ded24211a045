#include "analyzer/view/theme.h"

#include <imgui.h>

#include "analyzer/view/fonts.h"

namespace beamtape {

namespace {

constexpr Theme::Colour rgb(std::uint32_t hex) {
  return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, 255);
}

constexpr Theme kDark{
    rgb(0x14161a),
    rgb(0x1b1e24),
    rgb(0x242932),
    rgb(0x2a2f38),
    rgb(0xd7dae0),
    rgb(0x8b93a1),
    rgb(0x4ea1ff),
    rgb(0x3fb68b),
    rgb(0xe5a33d),
    rgb(0xe5534b),
    rgb(0x0b0d10),
    rgb(0xe69f00),
    rgb(0x56b4e9),
    {rgb(0x56b4e9), rgb(0xe69f00), rgb(0x009e73), rgb(0xcc79a7), rgb(0xf0e442), rgb(0x8b93a1)}};
constexpr Theme kLight{
    rgb(0xf4f5f7),
    rgb(0xffffff),
    rgb(0xe8ebf0),
    rgb(0xd3d8e0),
    rgb(0x1d2129),
    rgb(0x5b6472),
    rgb(0x0b63c4),
    rgb(0x0f7a55),
    rgb(0x9a5b00),
    rgb(0xb8261d),
    rgb(0xffffff),
    rgb(0xb34f00),
    rgb(0x0072b2),
    {rgb(0x0072b2), rgb(0xd55e00), rgb(0x009e73), rgb(0xcc79a7), rgb(0xb59f00), rgb(0x7a8494)}};

Theme chosen = kDark;
Faces loaded;
float display_scale = 1;

// What names of nodes, modules and people are written with, and the signs that panels draw.
constexpr ImWchar kTextRanges[] = {0x20, 0x24f, 0x2010, 0x2027, 0x2030, 0x205e, 0x2190, 0x2193, 0};
constexpr ImWchar kFallbackRanges[] = {0x250,  0x52f,  0x1e00, 0x1fff, 0x2190,
                                       0x21ff, 0x2200, 0x22ff, 0x2580, 0x25ff,
                                       0x2600, 0x266f, 0x2700, 0x27bf, 0};

ImFont* load(std::string_view font, float size) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  // The bytes are the program's own, and constant: the atlas only reads them.
  config.FontDataOwnedByAtlas = false;
  config.OversampleH = 2;
  config.OversampleV = 1;
  auto* face = atlas.AddFontFromMemoryTTF(
      const_cast<char*>(font.data()), static_cast<int>(font.size()), size, &config, kTextRanges);
  const std::string_view other = dejavu_font();
  config.MergeMode = true;
  config.OversampleH = 1;
  atlas.AddFontFromMemoryTTF(const_cast<char*>(other.data()), static_cast<int>(other.size()), size,
                             &config, kFallbackRanges);
  return face;
}

void set_colours(ImGuiStyle& style) {
  const auto set = [&](ImGuiCol which, Theme::Colour colour) {
    style.Colors[which] = ImGui::ColorConvertU32ToFloat4(colour);
  };
  set(ImGuiCol_Text, chosen.text);
  set(ImGuiCol_TextDisabled, chosen.quiet);
  set(ImGuiCol_WindowBg, chosen.ground);
  set(ImGuiCol_ChildBg, chosen.panel);
  set(ImGuiCol_PopupBg, chosen.raised);
  set(ImGuiCol_Border, chosen.line);
  set(ImGuiCol_FrameBg, chosen.ground);
  set(ImGuiCol_FrameBgHovered, chosen.raised);
  set(ImGuiCol_FrameBgActive, chosen.raised);
  set(ImGuiCol_Button, chosen.raised);
  set(ImGuiCol_ButtonHovered, chosen.line);
  set(ImGuiCol_ButtonActive, faded(chosen.accent, 0.5F));
  set(ImGuiCol_Header, faded(chosen.accent, 0.25F));
  set(ImGuiCol_HeaderHovered, faded(chosen.accent, 0.16F));
  set(ImGuiCol_HeaderActive, faded(chosen.accent, 0.35F));
  set(ImGuiCol_Separator, chosen.line);
  set(ImGuiCol_ScrollbarBg, faded(chosen.ground, 0));
  set(ImGuiCol_ScrollbarGrab, chosen.line);
  set(ImGuiCol_ScrollbarGrabHovered, chosen.quiet);
  set(ImGuiCol_ScrollbarGrabActive, chosen.quiet);
  set(ImGuiCol_TableHeaderBg, chosen.raised);
  set(ImGuiCol_TableBorderStrong, chosen.line);
  set(ImGuiCol_TableBorderLight, chosen.line);
  set(ImGuiCol_TableRowBg, faded(chosen.panel, 0));
  set(ImGuiCol_TableRowBgAlt, faded(chosen.raised, 0.35F));
  set(ImGuiCol_Tab, chosen.panel);
  set(ImGuiCol_TabHovered, chosen.line);
  set(ImGuiCol_TabActive, chosen.raised);
  set(ImGuiCol_TabUnfocused, chosen.panel);
  set(ImGuiCol_TabUnfocusedActive, chosen.raised);
  set(ImGuiCol_ResizeGrip, faded(chosen.ground, 0));
  set(ImGuiCol_CheckMark, chosen.accent);
  set(ImGuiCol_PlotHistogram, chosen.accent);  // a bar of progress
  set(ImGuiCol_TextSelectedBg, faded(chosen.accent, 0.35F));
  set(ImGuiCol_NavHighlight, chosen.accent);
}

}  // namespace

const Theme& theme() { return chosen; }
const Faces& faces() { return loaded; }
float scaled(float units) { return units * display_scale; }

Theme::Colour faded(Theme::Colour colour, float opacity) {
  const auto alpha = static_cast<Theme::Colour>(opacity * 255 + 0.5F);
  return (colour & ~IM_COL32_A_MASK) | (alpha << IM_COL32_A_SHIFT);
}

void set_theme(bool light, float scale) {
  chosen = light ? kLight : kDark;
  display_scale = scale;
  ImGuiStyle style;
  style.WindowPadding = {12, 10};
  style.FramePadding = {8, 4};
  style.ItemSpacing = {8, 6};
  style.CellPadding = {8, 3};
  style.ScrollbarSize = 12;
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 0;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 1;
  style.WindowRounding = 0;
  style.ChildRounding = 4;
  style.FrameRounding = 4;
  style.PopupRounding = 4;
  style.ScrollbarRounding = 6;
  style.ScaleAllSizes(scale);
  set_colours(style);
  ImGui::GetStyle() = style;
}

void load_faces(float scale) {
  loaded.text = load(inter_font(), 15 * scale);
  loaded.mono = load(jetbrains_mono_font(), 14 * scale);
  loaded.title = load(inter_font(), 19 * scale);
  ImGui::GetIO().FontDefault = loaded.text;
}

}  // namespace beamtape
