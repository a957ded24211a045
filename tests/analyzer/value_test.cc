#include "analyzer/load/value.h"

#include <gtest/gtest.h>

#include "schema/model/ref.h"
#include "schema/tables/table.h"
#include "tests/analyzer/fake_reader.h"

namespace beamtape {
namespace {

class ValueTest : public ::testing::Test {
 protected:
  ValueTest() {
    story_.node("a@b");
    story_.snapshot(0);
    story_.text_id("Elixir.Shop.Cart");
    story_.text_id("{'Elixir.Shop',\"\x1b,\xff\"}");
    story_.list_id({5, {pack_pid(1, 0), pack_pid(2, 0)}});
    story_.list_id({1, {1001, missing(Missing::kNone), 7}});
    reader_ = std::make_unique<FakeReader>(story_);
  }

  Value value(Cell cell, Type type, Unit unit = Unit::kNone, std::vector<Field> fields = {}) {
    column_ = {1, "c", type, unit};
    column_.fields = std::move(fields);
    return decode(cell, column_, Texts(*reader_, 1));
  }

  Story story_;
  std::unique_ptr<FakeReader> reader_;
  Column column_;
};

TEST_F(ValueTest, NumbersHaveUnitsForPeopleAndNoneForPrograms) {
  const Value size = value(12'595, Type::kInteger);
  EXPECT_EQ(display(size, Unit::kBytes), "12.3 KiB");
  EXPECT_EQ(display(size, Unit::kCount), "12 595");
  EXPECT_EQ(display(size, Unit::kMicroseconds), "12.6 ms");
  EXPECT_EQ(display(size, Unit::kNanoseconds), "12 us");
  EXPECT_EQ(display(size, Unit::kSnapshot), "#12595");
  EXPECT_EQ(display(size, Unit::kNone), "12595");
  EXPECT_EQ(to_json(size).dump(), "12595");
  EXPECT_EQ(csv_text(size), "12595");
}

TEST_F(ValueTest, AbsentIsNeitherZeroNorNotRead) {
  const Value none = value(missing(Missing::kNone), Type::kInteger);
  EXPECT_EQ(display(none, Unit::kBytes), "-");
  EXPECT_FALSE(no_value(none)->not_read());
  const Value unread = value(missing(Missing::kLongMailbox), Type::kInteger);
  EXPECT_EQ(display(unread, Unit::kBytes), "?");
  EXPECT_EQ(no_value(unread)->reason(), "mailbox over 10 000 messages");
  for (const Value& one : {none, unread}) {
    EXPECT_TRUE(to_json(one).is_null());
    EXPECT_EQ(csv_text(one), "");
  }
}

TEST_F(ValueTest, EveryReasonIsKeptForEveryType) {
  for (const Type type :
       {Type::kInteger, Type::kBool, Type::kAtom, Type::kTerm, Type::kRef, Type::kList}) {
    for (int why = 0; why < kMissingKinds; ++why) {
      const Value one = value(missing(static_cast<Missing>(why)), type);
      ASSERT_TRUE(no_value(one));
      EXPECT_EQ(no_value(one)->why, static_cast<Missing>(why));
    }
  }
}

TEST_F(ValueTest, TextsAreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(display(value(1001, Type::kAtom), Unit::kNone), "Shop.Cart");
  EXPECT_EQ(display(value(1002, Type::kTerm), Unit::kNone), "{Shop,\"\\x1b,\\xff\"}");
  EXPECT_EQ(csv_quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST_F(ValueTest, ATextThatIsNotThereIsDamageAndNotNothing) {
  const Value lost = value(1999, Type::kAtom);
  EXPECT_TRUE(no_value(lost)->not_read());
  EXPECT_EQ(no_value(lost)->reason(), "damaged in the recording");
  EXPECT_EQ(no_value(value(1999, Type::kList))->reason(), "damaged in the recording");
}

TEST_F(ValueTest, RefsAreLocalPidsPortsOrTexts) {
  EXPECT_EQ(display(value(pack_pid(123, 4), Type::kRef), Unit::kNone), "<0.123.4>");
  EXPECT_EQ(display(value(pack({Ref::Tag::kPort, 7}), Type::kRef), Unit::kNone), "#Port<0.7>");
  EXPECT_EQ(display(value(pack({Ref::Tag::kText, 1001}), Type::kRef), Unit::kNone), "Shop.Cart");
}

TEST_F(ValueTest, AListIsItsTrueCountAndWhatWasKept) {
  const Value list = value(1001, Type::kList, Unit::kCount, {{"to", Type::kRef}});
  EXPECT_EQ(display(list, Unit::kCount), "5: <0.1.0>, <0.2.0>, …");
  EXPECT_EQ(to_json(list).dump(), R"(["<0.1.0>","<0.2.0>"])");
  EXPECT_EQ(csv_text(list), "<0.1.0> <0.2.0>");
}

TEST_F(ValueTest, ElementsOfSeveralFieldsAreObjects) {
  const Value list =
      value(1002, Type::kList, Unit::kCount,
            {{"function", Type::kTerm}, {"file", Type::kTerm}, {"line", Type::kInteger}});
  EXPECT_EQ(to_json(list).dump(), R"([{"function":"Shop.Cart","file":null,"line":7}])");
  EXPECT_EQ(csv_text(list), "Shop.Cart||7");
  EXPECT_EQ(display(list, Unit::kCount), "1: Shop.Cart - line 7");
}

TEST_F(ValueTest, AListWhoseCellsDoNotFitItsFieldsIsDamage) {
  const Value list = value(1001, Type::kList, Unit::kCount,
                           {{"a", Type::kRef}, {"b", Type::kRef}, {"c", Type::kRef}});
  EXPECT_EQ(no_value(list)->reason(), "damaged in the recording");
}

}  // namespace
}  // namespace beamtape
