#include "analyzer/view/start.h"

#include <string>
#include <utility>

#include "analyzer/load/process_life.h"
#include "analyzer/view/session.h"

namespace beamtape {

namespace {

// The position of an instant among those of the shown node.
Expected<std::size_t> position_of(const Recording& recording, const std::string& time,
                                  const std::string& shown_node) {
  if (recording.node_names().empty()) return 0;
  const std::string node = shown_node.empty() ? recording.node_names().front() : shown_node;
  const auto at = recording.at(time, node);
  if (!at) return tl::unexpected(at.error());
  std::size_t position = 0;
  for (const SnapshotRecord& one : recording.reader().snapshots()) {
    if (one.id == at->front()->id) break;
    if (recording.node_name(one) == node) ++position;
  }
  return position;
}

}  // namespace

Expected<Start> starting_point(const Recording& recording, const WindowOptions& options) {
  Start start;
  const auto at = position_of(recording, options.at, options.node);
  if (!at) return tl::unexpected(at.error());
  start.at = *at;
  const auto& all = recording.reader().snapshots();
  if (!options.process.empty() && !options.screenshot.empty() && !all.empty()) {
    // Nobody looks at the window that would say so.
    const auto lives = read_process(recording, options.process, options.node, nullptr,
                                    {all.front().id, all.back().id});
    if (!lives) return tl::unexpected(lives.error());
  }
  for (const auto& [word, mark] : {std::pair(&options.from, &start.a), {&options.to, &start.b}}) {
    if (word->empty()) continue;
    const auto position = position_of(recording, *word, options.node);
    if (!position) return tl::unexpected(position.error());
    *mark = *position;
  }
  return start;
}

void begin(Session& session, const Start& start, const WindowOptions& options) {
  session.go_to(start.at);
  session.mark_a = start.a;
  session.mark_b = start.b;
  if (session.compared()) session.show("diff");
  if (!options.panel.empty()) session.show(options.panel);
  if (!options.process.empty()) session.select(options.process);
}

}  // namespace beamtape
