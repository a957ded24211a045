#include "analyzer/load/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "analyzer/load/filter_comparison.h"
#include "analyzer/load/text.h"

namespace beamtape {

struct Filter::Node {
  enum class Kind { kAnd, kOr, kNot, kComparison };
  Kind kind = Kind::kComparison;
  std::vector<std::unique_ptr<Node>> parts;
  std::optional<FilterComparison> comparison;

  Truth evaluate(const RowView& row) const {
    if (kind == Kind::kComparison) return comparison->evaluate(row);
    if (kind == Kind::kNot) {
      return static_cast<Truth>(2 - static_cast<int>(parts[0]->evaluate(row)));
    }
    const Truth decided = kind == Kind::kAnd ? Truth::kNo : Truth::kYes;
    Truth result = kind == Kind::kAnd ? Truth::kYes : Truth::kNo;
    for (const auto& part : parts) {
      const Truth one = part->evaluate(row);
      if (one == decided) return one;
      if (one == Truth::kUndecided) result = one;
    }
    return result;
  }
};

namespace {

using Node = Filter::Node;
using NodePtr = std::unique_ptr<Node>;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxLength = 10'000;

constexpr std::array<std::pair<std::string_view, Op>, 9> kOps{{{"==", Op::kEqual},
                                                               {"!=", Op::kNotEqual},
                                                               {"!~", Op::kLacks},
                                                               {"<=", Op::kAtMost},
                                                               {">=", Op::kAtLeast},
                                                               {"=", Op::kEqual},
                                                               {"~", Op::kContains},
                                                               {"<", Op::kLess},
                                                               {">", Op::kMore}}};

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Parser {
 public:
  Parser(const std::string& text, const std::vector<Shown>& columns)
      : text_(text), columns_(columns) {}

  Expected<NodePtr> parse() {
    if (text_.size() > kMaxLength) return wrong(0, "it is longer than 10 000 characters");
    auto root = parse_or(0);
    if (!root) return root;
    skip_spaces();
    if (at_ < text_.size()) return wrong(at_, "expected 'and', 'or' or the end");
    return root;
  }

 private:
  Expected<NodePtr> parse_or(std::size_t depth) {
    return parse_chain(depth, "or", "||", Node::Kind::kOr, &Parser::parse_and);
  }
  Expected<NodePtr> parse_and(std::size_t depth) {
    return parse_chain(depth, "and", "&&", Node::Kind::kAnd, &Parser::parse_not);
  }

  Expected<NodePtr> parse_chain(std::size_t depth, std::string_view word, std::string_view sign,
                                Node::Kind kind, Expected<NodePtr> (Parser::*next)(std::size_t)) {
    auto first = (this->*next)(depth);
    if (!first) return first;
    if (!take_word(word) && !take_sign(sign)) return first;
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->parts.push_back(std::move(*first));
    do {
      auto part = (this->*next)(depth);
      if (!part) return part;
      node->parts.push_back(std::move(*part));
    } while (take_word(word) || take_sign(sign));
    return node;
  }

  Expected<NodePtr> parse_not(std::size_t depth) {
    if (depth > kMaxDepth) return wrong(at_, "it is nested more than 64 deep");
    if (take_word("not") || take_sign("!")) {
      auto inner = parse_not(depth + 1);
      if (!inner) return inner;
      auto node = std::make_unique<Node>();
      node->kind = Node::Kind::kNot;
      node->parts.push_back(std::move(*inner));
      return node;
    }
    const std::size_t open = (skip_spaces(), at_);
    if (!take_sign("(")) return parse_comparison();
    auto inner = parse_or(depth + 1);
    if (!inner) return inner;
    if (!take_sign(")")) return wrong(at_, fmt::format("the '(' at {} is not closed", open + 1));
    return inner;
  }

  Expected<NodePtr> parse_comparison() {
    skip_spaces();
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    const std::string name = text_.substr(start, at_ - start);
    if (name.empty()) return wrong(start, "expected a column, 'not' or '('");
    const Shown* column = find_shown(columns_, name);
    if (!column) {
      return wrong(start,
                   fmt::format("no column '{}'{}", name, suggestion(name, names_of(columns_))));
    }
    if (take_word("is")) return parse_absence(*column);
    const auto op = take_op();
    if (!op) {
      return wrong(at_, fmt::format("expected = != < <= > >= ~ !~ or 'is' after {}", name));
    }
    skip_spaces();
    const std::size_t literal_start = at_;
    const auto literal = take_literal();
    if (!literal) return tl::unexpected(literal.error());
    auto comparison = FilterComparison::make(*column, *op, *literal);
    if (!comparison) return wrong(literal_start, comparison.error().message);
    return leaf(std::move(*comparison));
  }

  Expected<NodePtr> parse_absence(const Shown& column) {
    const bool negated = take_word("not");
    for (const auto& [word, absence] :
         {std::pair{"null", Absence::kNull}, std::pair{"unread", Absence::kUnread},
          std::pair{"missing", Absence::kMissing}}) {
      if (take_word(word)) return leaf(FilterComparison::absence(column, absence, negated));
    }
    return wrong(at_, "expected null, unread or missing after 'is'");
  }

  static NodePtr leaf(FilterComparison comparison) {
    auto node = std::make_unique<Node>();
    node->comparison = std::move(comparison);
    return node;
  }

  Expected<std::string> take_literal() {
    const std::size_t start = at_;
    if (at_ == text_.size()) return wrong(at_, "expected a value");
    const char quote = text_[at_];
    if (quote != '"' && quote != '\'') {
      while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')') ++at_;
      if (at_ == start) return wrong(at_, "expected a value");
      return text_.substr(start, at_ - start);
    }
    const std::size_t end = text_.find(quote, start + 1);
    if (end == std::string::npos) return wrong(start, "the quote is not closed");
    at_ = end + 1;
    return text_.substr(start + 1, end - start - 1);
  }

  std::optional<Op> take_op() {
    for (const auto& [sign, op] : kOps) {
      if (take_sign(sign)) return op;
    }
    return std::nullopt;
  }

  bool take_sign(std::string_view sign) {
    skip_spaces();
    if (text_.compare(at_, sign.size(), sign) != 0) return false;
    at_ += sign.size();
    return true;
  }

  bool take_word(std::string_view word) {
    skip_spaces();
    if (text_.compare(at_, word.size(), word) != 0) return false;
    const std::size_t end = at_ + word.size();
    if (end < text_.size() && is_word_char(text_[end])) return false;
    at_ = end;
    return true;
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  tl::unexpected<Error> wrong(std::size_t position, const std::string& what) const {
    const std::string rest = clipped(printable(std::string_view(text_).substr(position)), 20);
    return fail(Error::Code::kUsage,
                fmt::format("cannot understand the filter at character {} ({}): {}", position + 1,
                            rest.empty() ? "its end" : "'" + rest + "'", what));
  }

  const std::string& text_;
  const std::vector<Shown>& columns_;
  std::size_t at_ = 0;
};

}  // namespace

Filter::Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Expected<Filter> Filter::parse(const std::string& text, const std::vector<Shown>& columns) {
  auto root = Parser(text, columns).parse();
  if (!root) return tl::unexpected(root.error());
  Filter filter;
  filter.root_ = std::move(*root);
  return filter;
}

Truth Filter::matches(const RowView& row) const {
  return root_ ? root_->evaluate(row) : Truth::kYes;
}

}  // namespace beamtape
