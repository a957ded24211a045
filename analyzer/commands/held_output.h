#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/commands/output.h"

namespace beamtape {

// Keeps an answer until the recording that it is from is closed: whoever takes it may be slow (a
// pager), and a recorder cannot write its -wal over while a reader has the file open.
class HeldOutput : public Output {
 public:
  // Of more than `most` bytes nothing is kept any longer: all goes to `out` as it comes.
  HeldOutput(Output& out, std::size_t most) : out_(out), most_(most) {}

  // False once `out` takes no more.
  bool write(std::string_view text) override;
  // Hands over what is kept; what is written later is not kept.
  bool release();

 private:
  Output& out_;
  std::size_t most_;
  std::size_t bytes_ = 0;
  bool is_released_ = false, is_taken_ = true;
  std::vector<std::string> parts_;  // none is ever copied to make it longer by much
};

// What most answers are far below; rows of all processes of a large node as JSON are not.
inline constexpr std::size_t kMostHeldBytes = std::size_t{64} << 20;

}  // namespace beamtape
