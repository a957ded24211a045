#include "analyzer/view/fonts.h"

#include <cstddef>

// The assembler takes the files in; the paths come from CMake, which finds them in Debian's font
// packages.
#define BEAMTAPE_EMBED(name, path)                                                   \
  asm(".section .rodata\n.balign 16\n.global " #name "\n" #name ":\n.incbin \"" path \
      "\"\n.global " #name "_end\n" #name "_end:\n.byte 0\n.previous\n");            \
  extern "C" const char name[];                                                      \
  extern "C" const char name##_end[]

BEAMTAPE_EMBED(beamtape_inter, BEAMTAPE_INTER);
BEAMTAPE_EMBED(beamtape_mono, BEAMTAPE_MONO);
BEAMTAPE_EMBED(beamtape_dejavu, BEAMTAPE_DEJAVU);

namespace beamtape {

std::string_view inter_font() {
  return {beamtape_inter, static_cast<std::size_t>(beamtape_inter_end - beamtape_inter)};
}

std::string_view jetbrains_mono_font() {
  return {beamtape_mono, static_cast<std::size_t>(beamtape_mono_end - beamtape_mono)};
}

std::string_view dejavu_font() {
  return {beamtape_dejavu, static_cast<std::size_t>(beamtape_dejavu_end - beamtape_dejavu)};
}

}  // namespace beamtape
