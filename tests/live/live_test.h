#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/live/node.h"
#include "tests/live/recording.h"

namespace beamtape::live {

// A test with a world of its own.
class LiveTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!World::is_possible()) GTEST_SKIP() << "no erl in PATH";
    world_ = std::make_unique<World>();
  }

  std::filesystem::path file() const { return world_->file("node.beamtape"); }
  Ended run_recorder(std::vector<std::string> arguments) const {
    return run(world_->recorder(std::move(arguments)));
  }

  std::unique_ptr<World> world_;
};

}  // namespace beamtape::live
