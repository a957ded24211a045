#include "tests/live/comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "schema/model/cell.h"
#include "schema/model/list.h"

namespace beamtape::live {
namespace {

constexpr std::size_t kDifferencesShown = 30;
constexpr std::int64_t kLongMailbox = 10'000;
constexpr std::int64_t kLargeHeap = 8 << 20;

std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() > 300 ? text.substr(0, 300) + " …" : text;
}

// A list as it is kept, if it is longer than what is kept.
Json cut(const Json& value) {
  if (!value.is_array() || value.size() <= kMaxListElements) return value;
  return Json(value.begin(), value.begin() + kMaxListElements);
}

bool is_wide(const Json& row) {
  return std::any_of(row.begin(), row.end(), [](const Json& value) {
    return value.is_array() && value.size() > kMaxListElements;
  });
}

bool is_read_of_suspects(const Column& column) { return column.ask == Ask::kSuspect; }

// Reductions that the recorder's questions of the last snapshot added after its census: one for
// the detail and one for the items of suspects. (The dictionary, asked at first sight, adds
// one in an earlier snapshot.)
std::int64_t touches(const Json& recorded, std::int64_t last) {
  return (recorded.at("detail_at") == last ? 1 : 0) + (recorded.at("suspect_at") == last ? 1 : 0);
}

bool has_moved(const Json& recorded, const Json& after, std::int64_t last) {
  if (recorded.at("reductions").is_null()) return true;
  const auto moved =
      after.at("reductions").get<std::int64_t>() - recorded.at("reductions").get<std::int64_t>();
  // The lists of a process with very long ones are read apart, which no column tells.
  if (is_wide(after)) return moved < 0 || moved > 2;
  return moved != touches(recorded, last);
}

class ProcessComparison {
 public:
  ProcessComparison(const NodeAnswers& node, std::int64_t last) : node_(node), last_(last) {
    for (const std::string& pid : node.still) still_.insert(pid);
  }

  Compared all(const Rows& recorded) {
    Comparison comparison(process_table());
    Compared compared;
    for (const auto& [pid, row] : recorded) {
      const auto after = node_.after.find(pid);
      if (after == node_.after.end()) continue;  // has ended meanwhile
      comparison.row(pid, *row);
      const bool moving = has_moved(*row, *after->second, last_);
      const bool must_stand = still_.contains(pid);
      if (moving && !must_stand) ++compared.moving;
      for (const Column& column : process_table().columns) {
        if (moving && !must_stand && column.kind != Kind::kIdentity) continue;
        value(comparison, column, *row, *after->second);
      }
      if (must_stand) {
        comparison.that(
            process_table().columns.front(), !moving,
            fmt::format("stands still: {} reductions recorded, {} afterwards",
                        shown(row->at("reductions")), shown(after->second->at("reductions"))));
      }
    }
    for (const std::string& pid : still_) {
      EXPECT_TRUE(recorded.contains(pid)) << pid << " was not recorded";
      EXPECT_TRUE(node_.after.contains(pid)) << pid << " has ended";
    }
    compared.rows = comparison.rows();
    compared.values = comparison.values();
    return compared;
  }

 private:
  void value(Comparison& comparison, const Column& column, const Json& row, const Json& answer) {
    const std::string& name = column.name;
    if (name == "pid" || name == "reductions") return;  // the key; compared by has_moved()
    if (name == "first_seen" || name == "detail_at") {
      comparison.between(column, 1, last_);
    } else if (name == "suspect_at") {
      if (!row.at(name).is_null()) comparison.between(column, 1, last_);
    } else if (is_read_of_suspects(column) && row.at("suspect_at").is_null()) {
      comparison.not_read(column, reason_text(Missing::kNotRecorded));
    } else if ((name == "memory" || name == "total_heap_size") &&
               answer.at("message_queue_len") > kLongMailbox) {
      comparison.not_read(column, reason_text(Missing::kLongMailbox));
    } else if (column.path.starts_with('$') && answer.at("total_heap_size") > kLargeHeap) {
      // One of the three keys of the dictionary, which is not copied then.
      comparison.not_read(column, reason_text(Missing::kLargeHeap));
    } else {
      comparison.equal(column, answer);
    }
  }

  const NodeAnswers& node_;
  const std::int64_t last_;
  std::set<std::string> still_;
};

}  // namespace

Comparison::~Comparison() {
  std::string text;
  for (const std::string& one : differences_) text += "\n  " + one;
  EXPECT_EQ(differing_, 0u) << "of " << values_ << " values in " << rows_ << " rows of "
                            << table_.name << ":" << text;
}

void Comparison::difference(const Column& column, const std::string& text) {
  ++differing_;
  if (differences_.size() < kDifferencesShown) {
    differences_.push_back(fmt::format("{} {}: {}", key_, column.name, text));
  }
}

void Comparison::row(const std::string& key, const Json& recorded) {
  key_ = key;
  recorded_ = &recorded;
  ++rows_;
  for (const Column& column : table_.columns) {
    if (!recorded.contains(column.name)) difference(column, "is not in the row");
    const std::string count = column.name + "_count";
    if (column.type == Type::kList && !table_.find(count) && !recorded.contains(count)) {
      difference(column, "its count is not in the row");
    }
  }
}

const Json* Comparison::expected(const Column& column, const Json& answer) {
  ++values_;
  const auto found = answer.find(column.name);
  if (found == answer.end()) {
    difference(column, "the node's own answer does not have it: extend the test");
    return nullptr;
  }
  return recorded_->contains(column.name) ? &*found : nullptr;
}

// Who holds a table fixed is told in one order now, in another then.
static Json in_order(const Column& column, Json value) {
  if (column.name == "safe_fixed" && value.is_array()) std::sort(value.begin(), value.end());
  return value;
}

void Comparison::equal(const Column& column, const Json& answer) {
  const Json* value = expected(column, answer);
  if (value == nullptr) return;
  const Json& recorded = recorded_->at(column.name);
  if (in_order(column, recorded) != in_order(column, cut(*value))) {
    difference(column,
               fmt::format("recorded {}, the node says {}", shown(recorded), shown(cut(*value))));
  } else if (const auto why = recorded_->find("not_read");
             why != recorded_->end() && why->contains(column.name)) {
    difference(column, "not read: " + shown(why->at(column.name)));
  }
  if (value->is_array() && !table_.find(column.name + "_count")) {
    const Json count = recorded_->value(column.name + "_count", Json());
    if (count != value->size()) {
      difference(column, fmt::format("counted {}, the node has {}", shown(count), value->size()));
    }
  }
}

void Comparison::between(const Column& column, const Json& low, const Json& high) {
  ++values_;
  const Json& recorded = recorded_->value(column.name, Json());
  if (!recorded.is_number() || recorded < low || recorded > high) {
    difference(column, fmt::format("recorded {}, not within {} and {}", shown(recorded), shown(low),
                                   shown(high)));
  }
}

void Comparison::not_read(const Column& column, const std::string& reason) {
  ++values_;
  const Json why = recorded_->value("not_read", Json::object()).value(column.name, Json());
  if (!recorded_->value(column.name, Json()).is_null() || why != reason) {
    difference(column,
               fmt::format("recorded {}, reason {}; to be left out: {}",
                           shown(recorded_->value(column.name, Json())), shown(why), reason));
  }
}

void Comparison::that(const Column& column, bool holds, const std::string& what) {
  ++values_;
  if (!holds) difference(column, "not so: " + what);
}

Compared compare_processes(const Rows& recorded, const NodeAnswers& node, std::int64_t last) {
  return ProcessComparison(node, last).all(recorded);
}

Compared compare_plain(const Table& table, const Rows& recorded, const NodeAnswers& node,
                       std::int64_t last) {
  Comparison comparison(table);
  Compared compared;
  for (const auto& [key, row] : recorded) {
    const auto before = node.before.find(key);
    const auto after = node.after.find(key);
    if (before == node.before.end() || after == node.after.end()) continue;
    comparison.row(key, *row);
    if (*before->second != *after->second) ++compared.moving;
    for (const Column& column : table.columns) {
      if (column.ask == Ask::kKey) continue;
      if (column.ask == Ask::kComputed) {
        if (!row->at(column.name).is_null()) comparison.between(column, 1, last);
      } else if (is_read_of_suspects(column) && row->at("suspect_at").is_null()) {
        comparison.not_read(column, reason_text(Missing::kNotRecorded));
      } else if (before->second->value(column.name, Json()) ==
                 after->second->value(column.name, Json())) {
        comparison.equal(column, *after->second);
      }
    }
  }
  // What stood on both sides of the recording has to be in it.
  for (const auto& [key, row] : node.before) {
    EXPECT_TRUE(recorded.contains(key) || !node.after.contains(key)) << key << " is not recorded";
  }
  compared.rows = comparison.rows();
  compared.values = comparison.values();
  return compared;
}

// Asking allocates, so most instances move: what only grows (counters, the most ever) is compared
// as lying between the two answers, and the rest where no counter of the instance has moved.
Compared compare_allocators(const Rows& recorded, const NodeAnswers& node) {
  Comparison comparison(allocator_table());
  Compared compared;
  for (const auto& [key, row] : recorded) {
    const auto before = node.before.find(key);
    const auto after = node.after.find(key);
    if (before == node.before.end() || after == node.after.end()) {
      ADD_FAILURE() << "the node does not have " << key;
      continue;
    }
    comparison.row(key, *row);
    const bool moving = *before->second != *after->second;
    if (moving) ++compared.moving;
    for (const Column& column : allocator_table().columns) {
      if (column.ask == Ask::kKey) continue;
      const Json low = before->second->value(column.name, Json());
      const Json high = after->second->value(column.name, Json());
      // Which numbers an instance has at all depends on its kind.
      const bool has = !high.is_null();
      comparison.that(column, has == !row->at(column.name).is_null(),
                      has ? "there is a value" : "there is none");
      const bool grows = column.kind == Kind::kCounter || column.name.ends_with("_max");
      if (has && grows) {
        comparison.between(column, low, high);
      } else if (has && !moving) {
        comparison.equal(column, *after->second);
      }
    }
  }
  EXPECT_EQ(recorded.size(), node.after.size());
  compared.rows = comparison.rows();
  compared.values = comparison.values();
  return compared;
}

}  // namespace beamtape::live
