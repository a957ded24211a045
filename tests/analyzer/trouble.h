#pragma once

#include <functional>
#include <vector>

#include "analyzer/findings/findings.h"
#include "tests/analyzer/story.h"

namespace beamtape {

inline constexpr double kMiB = 1 << 20;

// A recording of a node in trouble, told by what each quantity is at snapshot 0, 1, 2, … of so many
// at one a second. What is not told stands still; the node is long up, has 100 MiB and four
// schedulers.
class Trouble {
 public:
  using Shape = std::function<double(int)>;

  explicit Trouble(int snapshots = 60) : snapshots_(snapshots) {}

  Trouble& node(const std::string& column, Shape shape);
  // A group of processes; born and died follow from its number unless told.
  Trouble& group(const std::string& name, Shape processes, Shape memory = nullptr);
  Trouble& ets(const std::string& name, Shape tables, Shape rows, Shape memory);
  Trouble& ports(const std::string& driver, Shape ports);
  Trouble& allocator(const std::string& name, Shape blocks, Shape carriers);
  // Called for each snapshot, to add processes or anything else.
  Trouble& also(std::function<void(Story&, int)> add);
  // `announced`: the recorder said that it would take so long, to keep to its budget.
  Trouble& gap_after(int snapshot, double seconds, bool announced = false);

  // The plain rows of this snapshot are damaged, as a reader tells it.
  Trouble& damaged_at(int snapshot);

  Story story() const;
  // What the rules say of it.
  Findings findings() const;

 private:
  void add_samples(Story& story, int at) const;
  struct Named {
    std::string name;
    std::vector<Shape> shapes;
  };
  int snapshots_;
  int gap_at_ = -1;
  double gap_seconds_ = 0;
  bool gap_announced_ = false;
  std::vector<Named> node_, groups_, ets_, ports_, allocators_;
  std::vector<std::function<void(Story&, int)>> also_;
};

// "rule severity subject" of each finding.
std::vector<std::string> said(const Findings& findings);

inline Trouble::Shape rising(double from, double each) {
  return [=](int i) { return from + each * i; };
}

}  // namespace beamtape
