#pragma once

namespace beamtape {

// Makes sure that descriptors 0, 1 and 2 are taken: whichever a program was started without
// (`>&-`, a careless daemon) would otherwise be given to the next file or socket, and what is
// printed would be written into a recording or a node's connection. To be called first in main().
// Reading or writing one that was missing goes on to fail.
void fill_missing_standard_streams();

}  // namespace beamtape
