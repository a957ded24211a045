#include "tests/analyzer/trouble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/analyzer/fake_reader.h"

namespace beamtape {
namespace {

std::int64_t whole(double value) { return std::llround(value); }

}  // namespace

Trouble& Trouble::node(const std::string& column, Shape shape) {
  node_.push_back({column, {std::move(shape)}});
  return *this;
}

Trouble& Trouble::group(const std::string& name, Shape processes, Shape memory) {
  if (!memory) memory = [processes](int i) { return processes(i) * 3000; };
  groups_.push_back({name, {std::move(processes), std::move(memory)}});
  return *this;
}

Trouble& Trouble::ets(const std::string& name, Shape tables, Shape rows, Shape memory) {
  ets_.push_back({name, {std::move(tables), std::move(rows), std::move(memory)}});
  return *this;
}

Trouble& Trouble::ports(const std::string& driver, Shape ports) {
  ports_.push_back({driver, {std::move(ports)}});
  return *this;
}

Trouble& Trouble::allocator(const std::string& name, Shape blocks, Shape carriers) {
  allocators_.push_back({name, {std::move(blocks), std::move(carriers)}});
  return *this;
}

Trouble& Trouble::also(std::function<void(Story&, int)> add) {
  also_.push_back(std::move(add));
  return *this;
}

Trouble& Trouble::gap_after(int snapshot, double seconds, bool announced) {
  gap_announced_ = announced;
  gap_at_ = snapshot;
  gap_seconds_ = seconds;
  return *this;
}

Trouble& Trouble::damaged_at(int snapshot) {
  return also([snapshot](Story& story, int i) {
    if (i != snapshot) return;
    story.aggregates() = {};
    auto row = story.node_row();
    for (const Column& column : node_table().columns) {
      row.not_read(column.name, Missing::kBadAnswer);
    }
  });
}

void Trouble::add_samples(Story& story, int at) const {
  Aggregates& all = story.aggregates();
  for (const Named& one : groups_) {
    const auto count = whole(one.shapes[0](at)), before = at > 0 ? whole(one.shapes[0](at - 1)) : 0;
    GroupSample sample;
    sample.name = story.text_id(one.name);
    sample.processes = count;
    sample.memory = whole(one.shapes[1](at));
    sample.appeared = std::max<std::int64_t>(count - before, 0);
    sample.gone = std::max<std::int64_t>(before - count, 0);
    all.groups.push_back(sample);
  }
  for (const Named& one : ets_) {
    all.ets.push_back({story.text_id(one.name), whole(one.shapes[0](at)), whole(one.shapes[1](at)),
                       whole(one.shapes[2](at))});
  }
  for (const Named& one : ports_) {
    all.ports.push_back({story.text_id(one.name), whole(one.shapes[0](at)), 0, 0, 0, 0});
  }
  for (const Named& one : allocators_) {
    all.allocators.push_back(
        {story.text_id(one.name), whole(one.shapes[0](at)), whole(one.shapes[1](at))});
  }
}

Story Trouble::story() const {
  Story story;
  story.node("shop@here");
  for (int i = 0; i < snapshots_; ++i) {
    story.snapshot(i + (gap_at_ >= 0 && i > gap_at_ ? gap_seconds_ : 0));
    if (gap_announced_ && i == gap_at_) {
      story.record().interval_us = static_cast<std::int64_t>(gap_seconds_ * 1e6);
    }
    auto row = story.node_row();
    row.number("memory_total", 100 * (1 << 20))
        .number("uptime", (86'400LL + i) * 1'000'000)
        .number("schedulers_online", 4)
        .number("run_queue", 0)
        .number("process_count", 100)
        .number("process_limit", 262'144)
        .number("port_count", 10)
        .number("port_limit", 65'536)
        .number("atom_count", 20'000)
        .number("atom_limit", 1'048'576)
        .number("memory_binary", 5 * (1 << 20))
        .number("allocated_total", 150 * (1 << 20))
        .number("reductions_done", 100'000LL * i);
    for (const Named& one : node_) row.number(one.name, whole(one.shapes[0](i)));
    add_samples(story, i);
    for (const auto& add : also_) add(story, i);
  }
  return story;
}

Findings Trouble::findings() const {
  const auto told = story();
  const Recording recording(std::make_unique<FakeReader>(told), "trouble");
  auto found = find_findings(recording, "", {1, snapshots_});
  if (!found) {
    ADD_FAILURE() << found.error().message;
    return {};
  }
  return std::move(*found);
}

std::vector<std::string> said(const Findings& findings) {
  std::vector<std::string> all;
  for (const Finding& one : findings.findings) {
    const auto& name = one.subject.name.empty() ? one.subject.id : one.subject.name;
    all.push_back(one.rule + " " + severity_name(one.severity) + " " + name);
  }
  return all;
}

}  // namespace beamtape
