// Which tables are gone through, with answers made here.

#include <gtest/gtest.h>

#include "recorder/collect/all_collectors.h"
#include "recorder/term/builder.h"

namespace beamtape {
namespace {

class EtsTest : public ::testing::Test, protected Inquiry {
 protected:
  // True if the only table is gone through in this snapshot; the answer is `outcome`.
  bool is_gone_through(Answer::Outcome outcome) {
    ++node_.snapshot;
    asked_suspects_ = false;
    tables_->begin(node_, *this);
    TermBuilder infos;
    infos.list(1).list(2).tuple(2).atom("id").atom("sessions");
    infos.tuple(2).atom("memory").integer(5000).nil().nil();
    tables_->answer(wrap(*questions_[0].first, infos, Answer::Outcome::kOk), node_);
    tables_->over(*questions_[0].first, Missing::kNone, node_);
    tables_->follow_up(node_, *this);
    if (!asked_suspects_) return false;
    TermBuilder part;
    part.list(1).atom("sessions").nil();
    tables_->answer(wrap(*questions_[1].first, part, outcome), node_);
    tables_->over(*questions_[1].first, Missing::kNone, node_);
    return true;
  }

  void ask(const Question& question, Bytes) override {
    asked_suspects_ |= &question == questions_[1].first;
  }

  static Answer wrap(const Question& question, TermBuilder& payload, Answer::Outcome outcome) {
    Answer answer;
    answer.outcome = outcome;
    answer.question = &question;
    answer.message = payload.take();
    return answer;
  }

  Cell cell(std::string_view column) {
    return node_.rows(ets_table()).get(0, ets_table().index_of(column));
  }

  RecordedNode node_{NodeFacts{.name = "shop@host", .creation = 1}};
  std::unique_ptr<Collector> tables_ = ets_tables();
  std::vector<std::pair<const Question*, Bytes>> questions_ = tables_->questions(node_);
  bool asked_suspects_ = false;
};

// While it is, the table is fixed and a scheduler busy.
TEST_F(EtsTest, ATableThatTakesTooLongIsLeftAloneForAWhile) {
  EXPECT_TRUE(is_gone_through(Answer::Outcome::kDeadline));
  EXPECT_EQ(cell("binary_count"), missing(Missing::kDeadline));
  EXPECT_EQ(cell("suspect_at"), 1);
  int others = 0;
  while (!is_gone_through(Answer::Outcome::kDeadline) && others < 1000) ++others;
  EXPECT_EQ(others, 63);
}

TEST_F(EtsTest, ATableThatIsGoneMeanwhileIsNotAskedAgainAtOnce) {
  EXPECT_TRUE(is_gone_through(Answer::Outcome::kFailed));
  EXPECT_FALSE(is_gone_through(Answer::Outcome::kFailed));
  EXPECT_EQ(cell("binary_size"), missing(Missing::kBadAnswer));
}

}  // namespace
}  // namespace beamtape
