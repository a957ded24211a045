// Registered names: registered/0 and where each leads. Cheaper than asking every process, and a
// name that was given or taken from outside is seen although its process did not run.

#include "recorder/collect/all_collectors.h"
#include "schema/model/ref.h"

namespace beamtape {
namespace {

const Question kNames{
    .name = "registered_names",
    .keys = "registered()",
    .answer = "{Part, lists:map(fun erlang:whereis/1, Part)}",
    .chunk = 2000,
};

class RegisteredNames : public Collector {
 public:
  RegisteredNames() : column_(process_table().index_of("registered_name")) {}

  std::vector<std::pair<const Question*, Bytes>> questions(const RecordedNode&) const override {
    return {{&kNames, {}}};
  }

  void begin(RecordedNode&, Inquiry& inquiry) override {
    names_.clear();
    complete_ = true;
    inquiry.ask(kNames);
  }

  std::size_t answer(const Answer& answer, RecordedNode& node) override {
    if (answer.outcome != Answer::Outcome::kOk) {
      complete_ = false;
      return 0;
    }
    Cursor names = answer.payload();
    if (!names.tuple(2)) return 0;
    Cursor places = names;
    places.skip();
    Cells cells = node.cells();
    ListReader name_list(names), place_list(places);
    std::size_t count = 0;
    while (name_list.next() && place_list.next()) {
      const Cell name = cells.atom(names);
      const Cell place = cells.ref(places);
      if (!is_missing(name) && !is_missing(place)) names_.emplace_back(place, name);
      ++count;
    }
    return count;
  }

  void over(const Question&, Missing reason, RecordedNode& node) override {
    Rows& rows = node.rows(process_table());
    if (reason == Missing::kNone && complete_) forget_old_names(node);
    for (const auto& [place, name] : names_) {
      if (const auto slot = rows.find(place)) rows.set(*slot, column_, name);
    }
  }

 private:
  // Who had a name and is not in the list any more has none.
  void forget_old_names(RecordedNode& node) {
    Rows& rows = node.rows(process_table());
    std::vector<bool> named(rows.slots());
    for (const auto& [place, name] : names_) {
      if (const auto slot = rows.find(place)) named[*slot] = true;
    }
    for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
      if (rows.occupied(slot) && !named[slot]) rows.set(slot, column_, missing(Missing::kNone));
    }
  }

  const std::size_t column_;
  std::vector<std::pair<Cell, Cell>> names_;  // pid or port, name
  bool complete_ = true;
};

}  // namespace

std::unique_ptr<Collector> registered_names() { return std::make_unique<RegisteredNames>(); }

}  // namespace beamtape
