#pragma once

#include "tests/analyzer/story.h"

namespace beamtape {

// A minute of a shop: its cart is restarted, its mailer drowns in messages, its cache grows, the
// link is lost for 20 s. Every output is tried on it.
Story shop_story();

}  // namespace beamtape
