// The rule by which processes are read again, with answers made here.

#include <set>

#include "tests/recorder/processes_test.h"

namespace beamtape {
namespace {

// Where nobody has ended meanwhile a node leaves the keys out.
TEST_F(ProcessesTest, ValuesWithoutKeysAreReadInTheOrderOfTheItems) {
  const auto values = [](std::uint32_t size, std::initializer_list<std::int64_t> numbers) {
    TermBuilder payload;
    payload.tuple(3).list(2).pid(kNode, 1, 0, 1).pid(kNode, 2, 0, 1).nil().atom("values");
    payload.list(size);
    std::uint32_t at = 0;
    for (const std::int64_t number : numbers) {
      if (at++ % 4 == 2) payload.atom("waiting");
      payload.integer(number);
    }
    payload.nil();
    return wrap(kCensusQuestion, std::move(payload));
  };
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  EXPECT_EQ(processes_.answer(values(10, {100, 3, 233, 9, 70'000, 4, 377, 10}), node_), 2u);
  EXPECT_EQ(cell(1, "reductions"), 100);
  EXPECT_EQ(cell(1, "message_queue_len"), 3);
  EXPECT_EQ(cell(1, "stack_size"), 9 * 8);
  EXPECT_EQ(cell(2, "reductions"), 70'000);
  EXPECT_EQ(cell(2, "heap_size"), 377 * 8);
  processes_.begin(node_, inquiry);
  processes_.answer(values(5, {200, 3, 233, 9}), node_);
  EXPECT_EQ(cell(1, "reductions"), 200);
  EXPECT_EQ(cell(2, "reductions"), missing(Missing::kBadAnswer)) << "there are too few";
}

TEST_F(ProcessesTest, ANewProcessIsReadInDetail) {
  node_.turn = 5;
  const auto inquiry = snapshot({{.pid = 1}});
  EXPECT_TRUE(inquiry.was_asked("detail", 1));
  EXPECT_EQ(cell(1, "memory"), 5000);
  EXPECT_EQ(cell(1, "first_seen"), 1);
}

// The detail itself adds one reduction after the value it reports.
TEST_F(ProcessesTest, AProcessWithAtMostOneReductionMoreHasNotRun) {
  node_.turn = 5;
  snapshot({{.pid = 1, .reductions = 100}});
  EXPECT_FALSE(snapshot({{.pid = 1, .reductions = 101}}).was_asked("detail", 1));
  EXPECT_TRUE(snapshot({{.pid = 1, .reductions = 102}}).was_asked("detail", 1));
}

TEST_F(ProcessesTest, AChangedMailboxIsReadAlthoughTheProcessDidNotRun) {
  node_.turn = 5;
  snapshot({{.pid = 1}});
  EXPECT_TRUE(snapshot({{.pid = 1, .queue = 1}}).was_asked("detail", 1));
}

TEST_F(ProcessesTest, WhatMayBeInADirtyNifIsAlwaysReadAgain) {
  node_.turn = 5;
  snapshot({{.pid = 1, .status = "running"}});
  EXPECT_TRUE(snapshot({{.pid = 1, .status = "running"}}).was_asked("detail", 1));
}

TEST_F(ProcessesTest, EverybodyIsReadAgainInRotation) {
  turn_step_ = 1;
  node_.turn = 1;
  snapshot({{.pid = 1}});
  int asked = 0;
  for (std::int64_t turn = 0; turn < kRotation; ++turn) {
    asked += snapshot({{.pid = 1, .reductions = 101}}).was_asked("detail", 1) ? 1 : 0;
  }
  EXPECT_EQ(asked, 1);
}

TEST_F(ProcessesTest, AnIdleProcessThatAnswersOtherwiseIsCountedAsStale) {
  node_.turn = 0;  // slot 0 is due each time
  snapshot({{.pid = 1, .reductions = 100}}, 5000);
  snapshot({{.pid = 1, .reductions = 101}}, 5000);
  EXPECT_EQ(node_.stale_found, 0);
  snapshot({{.pid = 1, .reductions = 102}}, 6000);
  EXPECT_EQ(node_.stale_found, 1);
}

TEST_F(ProcessesTest, FewerReductionsUnderTheSamePidAreAnotherProcess) {
  node_.turn = 5;
  snapshot({{.pid = 1, .reductions = 100}});
  const auto inquiry = snapshot({{.pid = 1, .reductions = 10}});
  EXPECT_EQ(cell(1, "first_seen"), 2);
  EXPECT_TRUE(inquiry.was_asked("detail", 1));
  EXPECT_TRUE(inquiry.was_asked("identity", 1));
}

TEST_F(ProcessesTest, OfALongMailboxTheDearItemsAreLeftOutAndSayWhy) {
  node_.turn = 5;
  const auto inquiry = snapshot({{.pid = 1, .queue = 10'001}});
  EXPECT_FALSE(inquiry.was_asked("detail", 1));
  EXPECT_TRUE(inquiry.was_asked("detail_long_mailbox", 1));
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kLongMailbox));
  EXPECT_EQ(cell(1, "total_heap_size"), missing(Missing::kLongMailbox));
}

TEST_F(ProcessesTest, WhoIsNotListedIsGone) {
  node_.turn = 5;
  snapshot({{.pid = 1}, {.pid = 2}});
  snapshot({{.pid = 2}});
  EXPECT_FALSE(node_.rows(process_table()).find(pack_pid(1, 0)));
  EXPECT_TRUE(node_.rows(process_table()).find(pack_pid(2, 0)));
}

TEST_F(ProcessesTest, NobodyIsGoneWhenTheCensusWasCutShort) {
  node_.turn = 5;
  snapshot({{.pid = 1}, {.pid = 2}});
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  processes_.answer(census_answer({{.pid = 2}}), node_);
  processes_.over(kCensusQuestion, Missing::kProcessLimit, node_);
  EXPECT_EQ(cell(1, "reductions"), missing(Missing::kProcessLimit));
  EXPECT_EQ(cell(1, "memory"), 5000);
  EXPECT_EQ(cell(2, "reductions"), 100);
}

// At the process limit the pids come in one answer, and then the census of so many at a time.
TEST_F(ProcessesTest, ACensusInPartsIsOverWhenTheLastOneIs) {
  snapshot({{.pid = 1}, {.pid = 2}, {.pid = 3}});
  constexpr std::uint32_t kListed = 4500;
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  TermBuilder pids;
  pids.version().list(kListed);
  for (std::uint32_t pid = 2; pid < kListed + 2; ++pid) pids.pid(kNode, pid, 0, 1);
  const Bytes term = pids.nil().take();
  TermBuilder payload;
  payload.binary({reinterpret_cast<const char*>(term.data()), term.size()});
  processes_.answer(wrap(kCensusListQuestion, std::move(payload)), node_);
  processes_.follow_up(node_, inquiry);
  end(kCensusListQuestion);
  EXPECT_EQ(inquiry.asked["census_part"].size(), kListed);
  EXPECT_TRUE(inquiry.was_asked("census_part", kListed + 1));
  const auto chunk = static_cast<std::uint32_t>(kCensusPartQuestion.chunk);
  for (std::uint32_t first = 0; first < kListed; first += chunk) {
    EXPECT_NE(cell(1, "reductions"), missing(Missing::kNone)) << "nobody is gone yet";
    std::vector<Census> census;
    for (std::uint32_t at = first; at < std::min(first + chunk, kListed); ++at) {
      census.push_back({.pid = at + 2, .reductions = 7});
    }
    Answer answer = census_answer(census);
    answer.question = &kCensusPartQuestion;
    processes_.answer(answer, node_);
    end(kCensusPartQuestion);
  }
  EXPECT_EQ(cell(1, "reductions"), missing(Missing::kNone));
  EXPECT_EQ(cell(kListed + 1, "reductions"), 7);
  EXPECT_EQ(node_.listed, kListed);
}

TEST_F(ProcessesTest, NobodyIsGoneWhenTheListOfPidsCannotBeRead) {
  snapshot({{.pid = 1}, {.pid = 2}});
  ++node_.snapshot;
  FakeInquiry inquiry;
  processes_.begin(node_, inquiry);
  TermBuilder payload;
  payload.binary("no term");
  processes_.answer(wrap(kCensusListQuestion, std::move(payload)), node_);
  processes_.follow_up(node_, inquiry);
  end(kCensusListQuestion);
  EXPECT_EQ(node_.listed, 2);
  EXPECT_EQ(cell(1, "reductions"), missing(Missing::kBadAnswer));
}

TEST_F(ProcessesTest, AProcessThatDoesNotAnswerIsLeftAloneForAWhile) {
  node_.turn = 5;
  answer_nothing_ = true;
  snapshot({{.pid = 1}});
  TermBuilder keys;
  keys.list(1).pid(kNode, 1, 0, 1).nil();
  processes_.answer(wrap(kDetailQuestions[0], std::move(keys), Answer::Outcome::kDeadline), node_);
  end(kDetailQuestions[0]);
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kDeadline));
  EXPECT_FALSE(snapshot({{.pid = 1, .reductions = 500}}).was_asked("detail", 1));
  EXPECT_EQ(cell(1, "memory"), missing(Missing::kQuarantined));
  EXPECT_TRUE(snapshot({{.pid = 1, .reductions = 900}}).was_asked("detail", 1));
}

TEST_F(ProcessesTest, WhatStandsByForTheRecorderIsNoPartOfTheNode) {
  node_.standby = {pack_pid(77, 0)};
  EXPECT_TRUE(snapshot({{.pid = 1}}).was_asked("census", 77)) << "among those left out";
}

TEST_F(ProcessesTest, AnEmptyDictionaryIsAskedAgain) {
  node_.turn = 5;
  EXPECT_TRUE(snapshot({{.pid = 1}}).was_asked("identity", 1));
  TermBuilder answer;
  answer.tuple(5).list(1).pid(kNode, 1, 0, 1).nil().list(1).list(1);
  answer.tuple(2).atom("initial_call").tuple(3).atom("erlang").atom("apply").integer(2).nil().nil();
  for (int list = 0; list < 3; ++list) answer.list(1).boolean(false).nil();
  processes_.answer(wrap(kIdentityQuestion, std::move(answer)), node_);
  end(kIdentityQuestion);
  EXPECT_EQ(node_.interner->text_of(cell(1, "initial_call")), "erlang:apply/2");
  EXPECT_TRUE(snapshot({{.pid = 1}}).was_asked("identity", 1));
  EXPECT_FALSE(snapshot({{.pid = 1}}).was_asked("identity", 1));
}

// The 32 largest in turn, four of them and one other in each snapshot.
// It was met in an earlier run, and had time enough to write it.
TEST_F(ProcessesTest, AnEmptyDictionaryOfAnOldProcessIsNotAskedAgain) {
  node_.snapshot = 100;
  auto& rows = node_.rows(process_table());
  rows.place(0, pack_pid(1, 0), unread_process());
  rows.set(0, process_table().index_of("first_seen"), 3);
  EXPECT_TRUE(snapshot({{.pid = 1}}).was_asked("identity", 1));
  answer_nothing_ = true;
  for (int i = 0; i < 10; ++i) {
    rows.set(0, process_table().index_of("initial_call"), missing(Missing::kNone));
    rows.set(0, process_table().index_of("dictionary_initial_call"), missing(Missing::kNone));
    end(kIdentityQuestion);
    EXPECT_FALSE(snapshot({{.pid = 1}}).was_asked("identity", 1));
  }
}

TEST_F(ProcessesTest, BystandersAreSampledBesideTheSuspects) {
  turn_step_ = 1;
  std::vector<Census> census;
  for (std::uint32_t pid = 1; pid <= 100; ++pid) census.push_back({.pid = pid});
  snapshot(census);
  std::set<std::uint32_t> asked;
  for (int turn = 0; turn < 64; ++turn) {
    for (Census& one : census) ++one.reductions;
    const auto pids = snapshot(census).asked["suspects"];
    EXPECT_LE(pids.size(), 5u);
    asked.insert(pids.begin(), pids.end());
  }
  EXPECT_GE(asked.size(), 32u + 20u);
}

// What was read of them is stored anew in each keyframe.
TEST_F(ProcessesTest, OnlyTheLastBystandersKeepWhatWasRead) {
  turn_step_ = 1;
  std::vector<Census> census;
  for (std::uint32_t pid = 1; pid <= 600; ++pid) census.push_back({.pid = pid});
  const auto suspects =
      std::find_if(kDetailQuestions.begin(), kDetailQuestions.end(),
                   [](const Question& question) { return question.name == "suspects"; });
  for (int turn = 0; turn < 900; ++turn) {
    for (Census& one : census) ++one.reductions;
    const auto pids = snapshot(census).asked["suspects"];
    TermBuilder payload;
    payload.tuple(2).list(static_cast<std::uint32_t>(pids.size()));
    for (const std::uint32_t pid : pids) payload.pid(kNode, pid, 0, 1);
    payload.nil().list(static_cast<std::uint32_t>(pids.size()));
    for (std::size_t at = 0; at < pids.size(); ++at) {
      payload.list(2).tuple(2).atom("reductions").integer(100);
      payload.tuple(2).atom("binary").nil().nil();
    }
    payload.nil();
    processes_.answer(wrap(*suspects, std::move(payload)), node_);
  }
  std::size_t read = 0;
  for (const Census& one : census) read += is_missing(cell(one.pid, "suspect_at")) ? 0 : 1;
  EXPECT_GE(read, 32u + 150u) << "some were chosen twice";
  EXPECT_LE(read, 32u + 256u);
}

TEST(QuestionTest, CostsWhatItTookOrWhatItsRowsCanHaveCost) {
  Question question{.name = "q", .keys = "k", .answer = "a"};
  EXPECT_EQ(most_cost(question, 261'000, 92, 68'767), 261'000) << "nothing is known of its rows";
  question.most_per_row = std::chrono::microseconds(50);
  EXPECT_EQ(most_cost(question, 261'000, 92, 68'767), 1000 + 92 * 50 + 6876);
  EXPECT_EQ(most_cost(question, 900, 92, 68'767), 900);
}

}  // namespace
}  // namespace beamtape
