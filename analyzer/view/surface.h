#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/view/wishes.h"
#include "schema/error.h"

namespace beamtape {

// A window on the screen, with OpenGL and ImGui in it. One at a time, on the main thread.
class Surface {
 public:
  struct Options {
    std::string title;
    int width = 1600, height = 1000;
    bool visible = true;
    bool light = false;
    double scale = 0;  // of text and spacing; 0: as the display says
  };
  // kNotFound: no display, or no OpenGL 3.2 on it.
  static Expected<std::unique_ptr<Surface>> open(const Options& options);
  virtual ~Surface() = default;

  // A frame: `build` is called between ImGui's NewFrame and Render with the room that there is.
  virtual void draw(const std::function<void(float width, float height)>& build) = 0;
  // From now on nobody sees it: what it waits for may take a while.
  virtual void hide() = 0;
  // Puts the drawn frame onto the screen.
  virtual void show() = 0;
  // Waits until the drawn frame is made of pixels.
  virtual void finish() = 0;
  // Writes the pixels of the drawn frame as PNG. kOther: it cannot be written.
  virtual Expected<void> save(const std::string& path) = 0;

  // Waits for an event or wake(), at most so long; 0: does not wait.
  virtual void wait(double seconds) = 0;
  // Ends a wait; on any thread.
  static void wake();
  virtual bool closing() const = 0;
  // Seconds since some moment.
  virtual double now() const = 0;
  // Takes what the next frame shows of mouse and keys; returns the keys pressed in it. Before each
  // draw().
  virtual std::vector<KeyPress> take_input() = 0;
  // Whether more of it waits for another frame.
  virtual bool has_input() const = 0;
  // A line of text was opened in this frame: what is typed from now on is for it.
  virtual void expect_line() = 0;
  // Paths that were dropped onto the window since this was last asked.
  virtual std::vector<std::string> dropped() = 0;
  // Of the window, in the units of Options.
  virtual std::pair<int, int> size() const = 0;
  virtual void set_light(bool light) = 0;
  // Widths and order of tables' columns, to be kept until the next window.
  virtual std::string layout() const = 0;
  // True once some seconds after it changed.
  virtual bool layout_changed() = 0;
  virtual void set_layout(const std::string& layout) = 0;  // before the first frame
  virtual void rename(const std::string& title) = 0;
};

}  // namespace beamtape
