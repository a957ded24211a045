#include "schema/model/cell.h"

namespace beamtape {

const char* reason_text(Missing why) {
  switch (why) {
    case Missing::kNone:
      return "none";
    case Missing::kNotRecorded:
      return "not recorded";
    case Missing::kPending:
      return "not yet read";
    case Missing::kDeadline:
      return "no answer within the deadline";
    case Missing::kGone:
      return "ended while being read";
    case Missing::kLongMailbox:
      return "mailbox over 10 000 messages";
    case Missing::kLongList:
      return "long list, read seldom";
    case Missing::kProcessLimit:
      return "node at its process limit";
    case Missing::kQuarantined:
      return "did not answer before, asked again later";
    case Missing::kBadAnswer:
      return "unreadable answer";
    case Missing::kLargeHeap:
      return "dictionary not copied, heap over 8 MiB";
  }
  return "unreadable answer";
}

}  // namespace beamtape
