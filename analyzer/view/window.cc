#include "analyzer/view/window.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/load/text.h"
#include "analyzer/view/documents.h"
#include "analyzer/view/panel.h"
#include "analyzer/view/session.h"
#include "analyzer/view/surface.h"
#include "analyzer/view/window_state.h"

namespace beamtape {

namespace {

void draw_frame(Surface& surface, Session& session) {
  surface.draw([&](float width, float height) { draw_everything(session, width, height); });
}

// Draws until all that the frame asks for has been answered, then keeps it.
Expected<void> take_screenshot(Surface& surface, Session& session, const std::string& path) {
  constexpr int kQuietFrames = 4;  // a layout settles, an answer brings the next question
  for (int quiet = 0; quiet < kQuietFrames;) {
    surface.wait(0);
    draw_frame(surface, session);
    if (session.busy()) {
      surface.wait(0.02);
      quiet = 0;
    } else {
      ++quiet;
    }
  }
  return surface.save(path);
}

// Steps while the recording plays: the time that passed times the speed.
void play(Session& session, double now, double& since) {
  const auto& seconds = session.overview().seconds;
  if (!session.playing || session.at() + 1 >= seconds.size()) {
    session.playing = false;
    since = now;
    return;
  }
  const double until_next =
      (seconds[session.at() + 1] - seconds[session.at()]) / std::max(0.1F, session.speed);
  // A gap is skipped: nobody wants to watch nothing for an hour.
  if (now - since < std::min(until_next, 2.0)) return;
  since = now;
  session.step(1);
}

// For tests: what of mouse and keys has come here by now, so that they need not guess.
void tell_hands(Around& around, std::size_t keys, std::size_t clicks) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  around.places["mouse"] = {mouse.x, mouse.y};
  around.places["keys and clicks"] = {static_cast<float>(keys), static_cast<float>(clicks)};
}

// Those that are no Shift, Ctrl, Alt or the like.
std::size_t count_keys(const std::vector<KeyPress>& pressed) {
  constexpr int kFirstModifier = 340, kLastModifier = 347;
  return static_cast<std::size_t>(std::count_if(
      pressed.begin(), pressed.end(),
      [](const KeyPress& one) { return one.key < kFirstModifier || one.key > kLastModifier; }));
}

void run(Surface& surface, Documents& documents, const std::string& state_path) {
  std::string state;
  constexpr double kUntilSomethingHappens = 1e9;
  double since = 0;
  std::size_t keys = 0, clicks = 0;
  // ImGui needs a few frames after an event until what it opened has its place.
  int frames = 3;
  while (!surface.closing() && !documents.quits()) {
    Session& session = documents.shown();
    if (frames > 0 || session.playing) {
      surface.wait(0.015);
      --frames;
    } else if (session.busy() || ImGui::GetIO().WantTextInput) {
      surface.wait(0.25);  // "reading …", a blinking caret
    } else {
      surface.wait(documents.live() ? 1.0 : kUntilSomethingHappens);
      frames = 3;
    }
    documents.refresh(surface.now());
    play(session, surface.now(), since);
    session.pressed = surface.pressed();
    session.around.tells_places = !state_path.empty();
    keys += count_keys(session.pressed);
    draw_frame(surface, session);
    for (int button = 0; button < ImGuiMouseButton_COUNT; ++button) {
      clicks += ImGui::IsMouseClicked(button) ? 1 : 0;
    }
    if (session.around.tells_places) tell_hands(session.around, keys, clicks);
    session.around.typing = ImGui::GetIO().WantTextInput;
    documents.fulfil();  // before the frame is shown: a picture is taken of what was drawn
    surface.show();
    if (state_path.empty()) continue;
    if (auto now = state_json(documents.shown()); now != state) {
      state = std::move(now);
      write_state(state, state_path);
    }
  }
  documents.keep(true);
}

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

// Where the options say that it should begin.
struct Start {
  std::size_t at = 0;
  std::optional<std::size_t> a, b;
};

Expected<Start> starting_point(const Recording& recording, const WindowOptions& options) {
  Start start;
  const auto at = position_of(recording, options.at, options.node);
  if (!at) return tl::unexpected(at.error());
  start.at = *at;
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

}  // namespace

std::vector<std::string> panel_names() {
  std::vector<std::string> names;
  for (const Panel& panel : all_panels()) names.push_back(panel.name);
  return names;
}

Expected<void> show_window(const WindowOptions& options, const FileAccess& files) {
  if (!options.panel.empty() && !find_panel(options.panel)) {
    return fail(Error::Code::kUsage,
                fmt::format("cannot show tab '{}': there is none; there are {}", options.panel,
                            joined(panel_names(), ", ")));
  }
  auto rows = files.open(options.file);
  if (!rows) return tl::unexpected(rows.error());
  auto answers = files.open(options.file);
  if (!answers) return tl::unexpected(answers.error());
  const auto start = starting_point(*rows, options);
  if (!start) return tl::unexpected(start.error());
  const bool screenshot = !options.screenshot.empty();
  // A picture is the same for everybody.
  const std::string memory = screenshot ? "" : remembered_path();
  const auto remembered = std::make_shared<Remembered>(load_remembered(memory));
  if (options.width > 0) remembered->width = options.width;
  if (options.height > 0) remembered->height = options.height;
  remembered->light |= options.light;
  auto surface = Surface::open({"beamtape: " + options.file, remembered->width, remembered->height,
                                !screenshot, remembered->light, options.scale});
  if (!surface) {
    return fail(surface.error().code,
                fmt::format("{}; the other commands work without, as in `beamtape-analyzer "
                            "findings {}`",
                            surface.error().message, options.file));
  }
  (*surface)->set_layout(remembered->layout);
  Documents documents(**surface, files, remembered, memory);
  documents.add(std::make_unique<Session>(std::move(*rows), std::move(*answers), options.node,
                                          Surface::wake));
  begin(documents.shown(), *start, options);
  if (options.node.empty()) documents.open_other_nodes();
  for (const std::string& file : options.more) documents.open(file, false);
  if (screenshot) {
    for (documents.fulfil(); documents.opening(); documents.fulfil()) (*surface)->wait(0.02);
    return take_screenshot(**surface, documents.shown(), options.screenshot);
  }
  run(**surface, documents, options.state);
  return {};
}

}  // namespace beamtape
