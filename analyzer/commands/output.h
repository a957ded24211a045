#pragma once

#include <string_view>

namespace beamtape {

// Where a command's answer goes. The program writes to stdout, a test into a string.
class Output {
 public:
  virtual ~Output() = default;
  // False when nobody takes more (a closed pipe, a full disk): a command may stop then, and
  // need not, as what follows is dropped.
  virtual bool write(std::string_view text) = 0;
};

}  // namespace beamtape
