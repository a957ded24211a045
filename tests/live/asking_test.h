#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "recorder/collect/asker.h"
#include "recorder/node/ei_link.h"
#include "tests/live/live_test.h"

namespace beamtape::live {

// A test that asks a node questions as the recorder does.
class AskingTest : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (!world_) return;
    setenv("ERL_EPMD_PORT", std::to_string(world_->epmd_port()).c_str(), 1);
    node_ = world_->start();
    auto link = connect(parse_node(node_->name()).value(),
                        find_cookie(world_->cookie_file()).value(), std::chrono::seconds(30));
    ASSERT_TRUE(link) << link.error().message;
    link_ = std::move(*link);
    asker_ = std::make_unique<Asker>(*link_, 1);
  }
  void TearDown() override { unsetenv("ERL_EPMD_PORT"); }

  std::unique_ptr<Node> node_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Asker> asker_;
};

}  // namespace beamtape::live
