#include "schema/terminal/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace beamtape {

// Opened the wrong way round, so that a lost answer is told as one, and not taken by /dev/null.
void fill_missing_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest that is free, which is this one. Never closed.
    static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace beamtape
