#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analyzer/load/recording.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/story.h"

namespace beamtape {

// A minute of a shop: its cart is restarted, its mailer drowns in messages, its cache grows, the
// link is lost for 20 s. Every output is tried on it.
Story shop_story();
Recording shop_recording();
// Runs the program on it.
RunResult shop(const std::vector<std::string>& arguments);
// What it prints with --json, which has to work.
nlohmann::json shop_json(std::vector<std::string> arguments);

}  // namespace beamtape
