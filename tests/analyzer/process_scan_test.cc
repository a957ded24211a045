// Which processes are looked at closely: a rule cannot tell of those that are not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/analyzer/trouble.h"

namespace beamtape {
namespace {

using ::testing::ElementsAre;

TEST(ProcessScan, SeesOneThatGrewThoughItWasJustCollected) {
  const auto found = Trouble(100)
                         .also([](Story& story, int i) {
                           const double memory = i < 99 ? 10 + 0.9 * i : 10.5;
                           story.process("<0.80.0>")
                               .text("registered_name", "cart")
                               .text("status", "waiting")
                               .number("memory", std::llround(memory * kMiB))
                               .number("minor_gcs", i % 6);
                         })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("process-memory-growth warning cart"));
}

// A recorder that was slow for a while says little of how much somebody does meanwhile.
TEST(ProcessScan, SeesOneThatWorksThoughMostTimeIsInOneInterval) {
  const auto found = Trouble()
                         .gap_after(5, 36'000, true)
                         .node("reductions_done", [](int i) { return 4e5 * i; })
                         .also([](Story& story, int i) {
                           story.process("<0.80.0>")
                               .text("registered_name", "pricing")
                               .number("reductions", 300'000LL * i)
                               .text("status", "running")
                               .text("current_function", "pricing:discount/3")
                               .stack({{"pricing:discount/3", 12}});
                         })
                         .findings();
  EXPECT_THAT(said(found), ElementsAre("runaway-process warning pricing"));
}

}  // namespace
}  // namespace beamtape
