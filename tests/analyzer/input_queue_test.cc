// What of mouse and keys comes together in a frame, without a window.

#include "analyzer/view/input_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace beamtape {
namespace {

using ::testing::ElementsAre;

constexpr int kCtrl = 341, kEnter = 257, kBackspace = 259;

InputEvent event(InputEvent::Kind kind, int code, bool down) {
  InputEvent made;
  made.kind = kind;
  made.code = code;
  made.down = down;
  return made;
}

class InputQueueTest : public ::testing::Test {
 protected:
  void move(float x) {
    InputEvent made;
    made.x = x;
    queue.push(made);
  }
  void button(bool down) { queue.push(event(InputEvent::Kind::kButton, 0, down)); }
  void wheel() { queue.push(event(InputEvent::Kind::kWheel, 0, false)); }
  void down(int key, bool ctrl = false) {
    auto press = event(InputEvent::Kind::kKey, key, true);
    press.ctrl = ctrl;
    queue.push(press);
  }
  void up(int key) { queue.push(event(InputEvent::Kind::kKey, key, false)); }
  void letter(char c) {
    down(c - 'a' + 'A');
    queue.push(event(InputEvent::Kind::kText, c, false));
    up(c - 'a' + 'A');
  }
  // What each frame shows: "m5" a move, "b" and "B" the button down and up, "w" the wheel, "+65"
  // and
  // "-65" a key, "'x" a text.
  std::vector<std::string> frames(bool typing = false) {
    std::vector<std::string> all;
    while (!queue.empty()) {
      std::string frame;
      for (const InputEvent& one : queue.take(typing)) frame += word(one);
      all.push_back(frame);
    }
    return all;
  }
  static std::string word(const InputEvent& one) {
    switch (one.kind) {
      case InputEvent::Kind::kMove:
        return "m" + std::to_string(static_cast<int>(one.x));
      case InputEvent::Kind::kLeave:
        return "l";
      case InputEvent::Kind::kButton:
        return one.down ? "b" : "B";
      case InputEvent::Kind::kWheel:
        return "w";
      case InputEvent::Kind::kKey:
        return (one.down ? "+" : "-") + std::to_string(one.code);
      case InputEvent::Kind::kText:
        return std::string("'") + static_cast<char>(one.code);
    }
    return "?";
  }

  InputQueue queue;
};

TEST_F(InputQueueTest, AClickTakesPlaceWhereTheMouseWasThen) {
  move(1);
  move(2);
  button(true);
  button(false);
  move(9);
  EXPECT_THAT(frames(), ElementsAre("m2", "b", "B", "m9"));
}

TEST_F(InputQueueTest, ADragIsSeenFromItsStartToItsEnd) {
  button(true);
  move(3);
  move(4);
  button(false);
  EXPECT_THAT(frames(), ElementsAre("b", "m4B"));
}

TEST_F(InputQueueTest, TwoClicksAreTwo) {
  for (const bool is_down : {true, false, true, false}) button(is_down);
  EXPECT_THAT(frames(), ElementsAre("b", "B", "b", "B"));
}

TEST_F(InputQueueTest, AKeyThatIsLetGoBeforeTheFrameWasPressed) {
  down(kEnter);
  up(kEnter);
  EXPECT_THAT(frames(), ElementsAre("+257", "-257"));
}

TEST_F(InputQueueTest, AKeyPressedTwiceIsTwoPressesAlsoWhileSomebodyTypes) {
  for (int i = 0; i < 2; ++i) {
    down(kBackspace);
    up(kBackspace);
  }
  EXPECT_THAT(frames(true), ElementsAre("+259", "-259", "+259", "-259"));
}

TEST_F(InputQueueTest, WhatIsTypedComesTogether) {
  letter('a');
  letter('a');
  letter('b');
  EXPECT_THAT(frames(true), ElementsAre("+65'a-65+65'a-65+66'b-66"));
}

TEST_F(InputQueueTest, ACommandComesAloneSoThatWhatItOpensCanTakeTheRest) {
  down(kCtrl);
  down('P', true);
  letter('w');
  letter('a');
  EXPECT_THAT(frames(), ElementsAre("+341+80", "+87'w", "-87+65'a", "-65"));
}

TEST_F(InputQueueTest, AfterEnterLettersAreCommandsUntilSomebodySaysOtherwise) {
  letter('a');
  down(kEnter);
  letter('p');
  letter('t');
  EXPECT_THAT(frames(true), ElementsAre("+65'a-65+257", "+80'p", "-80+84't", "-84"));
}

TEST_F(InputQueueTest, TheWheelTurnsWhereTheMouseIs) {
  move(5);
  wheel();
  wheel();
  move(6);
  wheel();
  EXPECT_THAT(frames(), ElementsAre("m5ww", "m6w"));
}

}  // namespace
}  // namespace beamtape
