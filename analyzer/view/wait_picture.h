#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyzer/waits/waits.h"

namespace beamtape {

// Who waits for whom, laid out to be drawn: those who are waited for at the left, whoever waits for
// them in the next column. As everybody waits for one at most, these are trees, and trees that
// hang on a circle, whose members stand one below the other in the first column.
struct WaitPicture {
  struct Box {
    std::string pid;         // empty where several are folded into one
    std::string name;        // as people call it; the pid if it has none
    std::size_t folded = 1;  // so many processes of that name, for whom nobody waits
    std::size_t column = 0;
    double row = 0;  // a box is one row high
    bool in_circle = false;
    bool links = true;  // false: not among the recorded processes
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t waits_for = kNone;  // a box
    std::size_t wait = kNone;       // the position in Waits of what it does; of folded ones a first
    std::size_t waited_by = 0;      // how many wait directly for it
    Cell queue = missing(Missing::kNone);  // messages waiting at it, where somebody waits for it
  };
  std::vector<Box> boxes;
  std::size_t columns = 0;
  double rows = 0;
  std::size_t left_out = 0;  // processes beyond kMostBoxes
};

inline constexpr std::size_t kMostBoxes = 500;

// Of one name at one callee, more than this many are one box.
inline constexpr std::size_t kMostAlike = 4;

WaitPicture wait_picture(const Waits& waits);

}  // namespace beamtape
