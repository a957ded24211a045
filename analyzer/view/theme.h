#pragma once

#include <array>
#include <cstdint>

struct ImFont;

namespace beamtape {

// Colours, faces and sizes, in one place. Colours are as ImGui packs them.
struct Theme {
  using Colour = std::uint32_t;
  Colour ground, panel, raised, line, text, quiet, accent, good, warning, critical, on_accent;
  Colour more, less;             // of a difference
  std::array<Colour, 6> series;  // Okabe and Ito's: told apart by the colour-blind
};

struct Faces {
  ImFont* text = nullptr;
  ImFont* mono = nullptr;
  ImFont* title = nullptr;
};

const Theme& theme();
const Faces& faces();
// `units` at a display scale of 1, in pixels.
float scaled(float units);

// The colour with another opacity, 0 to 1.
Theme::Colour faded(Theme::Colour colour, float opacity);

// Colours and spacing of the current ImGui context.
void set_theme(bool light, float scale);
// Loads the three faces into the current context; before its first frame.
void load_faces(float scale);

}  // namespace beamtape
