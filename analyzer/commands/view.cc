#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "analyzer/commands/all_commands.h"
#include "analyzer/commands/options.h"
#include "analyzer/view/window.h"
#include "schema/store/add_note.h"

namespace beamtape {
namespace view_command {
namespace {

Expected<int> run(const WindowOptions& options, Context& context) {
  const FileAccess files{
      [&context](const std::string& file) { return open_recording(context, file); },
      [](const std::string& file, const NewNote& note) {
        return add_note(file, {note.wall_us, note.text});
      }};
  const auto shown = show_window(options, files);
  if (!shown) return tl::unexpected(shown.error());
  return kDone;
}

Command::Run declare(CLI::App& app) {
  const auto options = std::make_shared<WindowOptions>();
  add_file(app, options->file);
  app.add_option("MORE", options->more, "Further recordings, a tab each")->type_name("");
  add_at(app, options->at);
  add_node(app, options->node);
  app.add_option("--from", options->from, "A of a comparison, as in `diff`")->type_name("T");
  app.add_option("--to", options->to, "B of it; one of them alone is compared with --at")
      ->type_name("T");
  app.add_option("--tab", options->panel, "Where to begin: findings, processes, ets, …")
      ->type_name("NAME");
  app.add_option("--process", options->process, "Selected in the inspector")->type_name("PID|NAME");
  app.add_option("--screenshot", options->screenshot,
                 "Write a picture and show no window (a display is needed, or Xvfb)")
      ->type_name("OUT.png");
  app.add_option("--width", options->width, "Of the window, in pixels; default as it was last")
      ->check(CLI::Range(400, 16'000).description(""))
      ->type_name("N");
  app.add_option("--height", options->height, "The same; default 1000")
      ->check(CLI::Range(300, 16'000).description(""))
      ->type_name("N");
  app.add_option("--scale", options->scale, "Of text and spacing; default as the display says")
      ->check(CLI::Range(0.5, 8.0).description(""))
      ->type_name("X");
  app.add_option("--state", options->state,
                 "Write what is shown as JSON whenever it changes: for tests")
      ->type_name("OUT.json");
  app.add_flag("--light", options->light, "Light instead of dark");
  app.footer("Example: view FILE --tab processes --at '#12' --screenshot processes.png");
  return [options](Context& context) { return run(*options, context); };
}

}  // namespace
}  // namespace view_command

const Command kViewCommand{"view", "A window on the recording; also without the word `view`",
                           view_command::declare};

}  // namespace beamtape
