// Answers of a node that lies: every collector reads any bytes as a chunk of any of its questions.

#include <cstddef>
#include <cstdint>

#include "recorder/collect/collector.h"
#include "recorder/session/aggregator.h"

namespace {

class Silence : public beamtape::Inquiry {
 public:
  void ask(const beamtape::Question&, beamtape::Bytes) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using beamtape::Answer;
  if (size < 2) return 0;
  beamtape::RecordedNode node(beamtape::NodeFacts{.name = "a@b", .creation = 1});
  node.snapshot = 1;
  Silence silence;
  auto collectors = beamtape::all_collectors(node);
  auto& collector = *collectors[data[0] % collectors.size()];
  const auto questions = collector.questions(node);
  Answer answer;
  answer.question = questions[data[1] % questions.size()].first;
  answer.outcome = (data[1] & 0x80) != 0 ? Answer::Outcome::kDeadline : Answer::Outcome::kOk;
  answer.message.assign(data + 2, data + size);
  collector.begin(node, silence);
  collector.answer(answer, node);
  collector.answer(answer, node);
  collector.over(*answer.question, beamtape::Missing::kNone, node);
  collector.follow_up(node, silence);
  node.start_epoch();
  beamtape::Aggregator aggregator;
  beamtape::SnapshotRecord record;
  aggregator.sum_up(node, record);
  return 0;
}
