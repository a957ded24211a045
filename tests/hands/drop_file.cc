// Drags a file onto a window and drops it there, as a file manager does: drop_file WINDOW FILE. The
// source of XDND (freedesktop.org, version 5); ends with 0 when the window says that it has taken
// the file. xdotool cannot: it has nothing to drag.

#include <X11/Xatom.h>
#include <X11/Xlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

constexpr long kVersion = 5;
constexpr auto kPatience = std::chrono::seconds(20);

class Source {
 public:
  Source(Display* display, Window target, std::string file)
      : display_(display),
        target_(target),
        window_(XCreateSimpleWindow(display, DefaultRootWindow(display), 0, 0, 1, 1, 0, 0, 0)),
        uris_("file://" + std::move(file) + "\r\n") {
    XSetSelectionOwner(display_, atom("XdndSelection"), window_, CurrentTime);
  }

  // Null if it went through; else what did not come.
  const char* drop() {
    tell("XdndEnter", kVersion << 24, static_cast<long>(atom("text/uri-list")), 0, 0);
    // The middle of the window, in what is left of a small one.
    tell("XdndPosition", 0, (300L << 16) | 300L, CurrentTime,
         static_cast<long>(atom("XdndActionCopy")));
    if (!answered("XdndStatus")) return "the window does not take what is dragged";
    tell("XdndDrop", 0, CurrentTime, 0, 0);
    return answered("XdndFinished") ? nullptr : "the window did not take the file";
  }

 private:
  Atom atom(const char* name) { return XInternAtom(display_, name, False); }

  void tell(const char* what, long second, long third, long fourth, long fifth) {
    XEvent event{};
    event.xclient.type = ClientMessage;
    event.xclient.window = target_;
    event.xclient.message_type = atom(what);
    event.xclient.format = 32;
    event.xclient.data.l[0] = static_cast<long>(window_);
    event.xclient.data.l[1] = second;
    event.xclient.data.l[2] = third;
    event.xclient.data.l[3] = fourth;
    event.xclient.data.l[4] = fifth;
    XSendEvent(display_, target_, False, NoEventMask, &event);
    XFlush(display_);
  }

  void give(const XSelectionRequestEvent& request) {
    XChangeProperty(display_, request.requestor, request.property, request.target, 8,
                    PropModeReplace, reinterpret_cast<const unsigned char*>(uris_.data()),
                    static_cast<int>(uris_.size()));
    XEvent event{};
    event.xselection.type = SelectionNotify;
    event.xselection.requestor = request.requestor;
    event.xselection.selection = request.selection;
    event.xselection.target = request.target;
    event.xselection.property = request.property;
    event.xselection.time = request.time;
    XSendEvent(display_, request.requestor, False, NoEventMask, &event);
    XFlush(display_);
  }

  // Whether that message came, and says yes; gives the file meanwhile if it is asked for.
  bool answered(const char* what) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (XPending(display_) == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      XEvent event;
      XNextEvent(display_, &event);
      if (event.type == SelectionRequest) give(event.xselectionrequest);
      if (event.type == ClientMessage && event.xclient.message_type == atom(what)) {
        return (event.xclient.data.l[1] & 1) != 0;
      }
    }
    return false;
  }

  Display* display_;
  Window target_, window_;
  std::string uris_;
};

}  // namespace

int main(int argc, char** argv) {
  Display* display = argc == 3 ? XOpenDisplay(nullptr) : nullptr;
  if (!display) {
    std::fputs("usage: drop_file WINDOW FILE, with a display\n", stderr);
    return 2;
  }
  const char* wrong = Source(display, std::strtoul(argv[1], nullptr, 0), argv[2]).drop();
  XCloseDisplay(display);
  if (!wrong) return 0;
  std::fprintf(stderr, "drop_file: %s\n", wrong);
  return 1;
}
