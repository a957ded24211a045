// What `findings` says of samples/recordings/corpus: the expected finding, and nothing else of
// warning or above. Prints the table. tests/corpus/record makes such recordings and their labels.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "analyzer/findings/findings.h"
#include "analyzer/load/recording.h"

namespace beamtape {
namespace {

struct Label {
  std::string recording, strength, rule, subject;
};

std::vector<Label> labels() {
  std::vector<Label> all;
  std::ifstream file(BEAMTAPE_SOURCE_DIR "/tests/corpus/labels");
  for (std::string line; std::getline(file, line);) {
    Label one;
    std::istringstream words(line);
    if (line.empty() || line[0] == '#') continue;
    words >> one.recording >> one.strength >> one.rule >> one.subject;
    all.push_back(one);
  }
  return all;
}

bool is_about(const Finding& finding, const std::string& subject) {
  return finding.subject.kind == subject || finding.subject.id == subject ||
         finding.subject.name == subject;
}

TEST(Corpus, EachRecordingHasItsFindingAndNoOther) {
  int files = 0;
  for (const Label& label : labels()) {
    const auto path =
        BEAMTAPE_SOURCE_DIR "/samples/recordings/corpus/" + label.recording + ".beamtape";
    auto reader = Reader::open(path);
    ASSERT_TRUE(reader) << reader.error().message;
    const Recording recording(std::move(*reader), path);
    const auto range = recording.range("first", "last");
    const auto found = find_findings(recording, "", *range);
    ASSERT_TRUE(found) << found.error().message;
    bool expected = label.strength == "healthy";
    std::string others;
    for (const Finding& one : found->findings) {
      const bool this_one = one.rule == label.rule && is_about(one, label.subject);
      expected = expected || this_one;
      if (!this_one && one.severity >= Severity::kWarning)
        others += " " + one.rule + " of " + one.subject.id;
    }
    fmt::print("{:<18} {:<8} {:<18} {}{}\n", label.recording, label.strength, label.rule,
               expected ? "found" : "MISSED", others.empty() ? "" : ", also" + others);
    EXPECT_TRUE(expected) << label.recording;
    EXPECT_EQ(others, "") << label.recording;
    ++files;
  }
  EXPECT_GE(files, 20);
}

}  // namespace
}  // namespace beamtape
