// What the window costs: view_bench RECORDING FRAMES. Choosing, sorting and turning rows into text
// (on another thread in the window); building frames of 1600x1000 (the drawing thread), at rest and
// while the recording plays; and, where there is a display, frames with all their pixels beside
// those of a bare table of ImGui's. `codec_bench 100000 60 0.1 OUT` makes a recording for it.

#include <fmt/format.h>
#include <imgui.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/view/panel.h"
#include "analyzer/view/session.h"
#include "analyzer/view/surface.h"
#include "analyzer/view/theme.h"
#include "schema/store/reader.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr float kWidth = 1600, kHeight = 1000;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Ends the program with a message if there is nothing to measure.
beamtape::Recording recording_of(const std::string& path) {
  auto reader = beamtape::Reader::open(path);
  if (!reader || (*reader)->snapshots().empty()) {
    fmt::print(stderr, "view_bench: {}\n",
               reader ? "cannot measure " + path + ": no snapshots" : reader.error().message);
    std::exit(3);
  }
  return {std::move(*reader), path};
}

void measure_rows(const beamtape::Recording& recording) {
  using beamtape::find_rows;
  const auto last = recording.reader().snapshots().back().id;
  const auto began = Clock::now();
  const auto loaded = find_rows(recording, {"processes", last, "memory", ""}, nullptr);
  fmt::print("{:<44}{:9.1f} ms\n", "read the last snapshot, and sort", milliseconds_since(began));
  const auto time = [&](const char* what, const beamtape::RowsQuestion& question) {
    const auto start = Clock::now();
    const auto rows = find_rows(recording, question, loaded);
    fmt::print("{:<44}{:9.1f} ms, {} rows\n", what, milliseconds_since(start), rows->order.size());
  };
  time("sort by a number", {"processes", last, "reductions", ""});
  time("sort by two numbers", {"processes", last, "message_queue_len,memory:asc", ""});
  time("sort by a pid, backwards", {"processes", last, "pid:desc", ""});
  time("sort by name", {"processes", last, "name", ""});
  time("filter and sort", {"processes", last, "memory", "message_queue_len > 2"});
  time("filter by name and sort", {"processes", last, "memory", "name ~ handle_22"});
  for (const char* key : {"function", "owner"}) {
    beamtape::RowsQuestion question{"processes", last, "", ""};
    question.group_by = key;
    time((std::string("group by ") + key).c_str(), question);
  }
  const auto start = Clock::now();
  beamtape::text_of(loaded, loaded->order.size() / 2, 360);
  fmt::print("{:<44}{:9.1f} ms\n", "text of 360 rows", milliseconds_since(start));
}

// Of times in milliseconds.
void print_times(const std::string& what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  fmt::print("{:<44}{:9.3f} ms, 99 % below {:.3f}, {:.3f} at most\n", what, times[times.size() / 2],
             times[times.size() * 99 / 100], times.back());
}

// CPU time of the calling thread.
double own_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Times of frames: what the thread spent, and what it took with its waiting for a core or a lock.
struct Times {
  std::vector<double> spent, took;

  void draw(beamtape::Session& session) {
    const auto start = Clock::now();
    const double before = own_milliseconds();
    ImGui::NewFrame();
    beamtape::draw_everything(session, kWidth, kHeight);
    ImGui::Render();
    spent.push_back(own_milliseconds() - before);
    took.push_back(milliseconds_since(start));
  }
  void print(const std::string& what) const {
    print_times(what + ", CPU", spent);
    print_times(what + ", wall", took);
  }
};

void settle(beamtape::Session& session, const std::function<void()>& draw_one) {
  for (int quiet = 0; quiet < 3; ++quiet) {
    draw_one();
    while (session.busy()) std::this_thread::yield();
  }
}

// Only what the drawing thread does before rasterising.
void measure_building(const std::string& path, int frames) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.DisplaySize = {kWidth, kHeight};
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;  // as OpenGL 3.2
  beamtape::set_theme(false, 1);
  beamtape::load_faces(1);
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
  {
    beamtape::Session session(recording_of(path), recording_of(path), "", [] {});
    session.show("processes");
    Times warming, resting, stepping;
    settle(session, [&] { warming.draw(session); });
    for (int i = 0; i < frames; ++i) resting.draw(session);
    resting.print("building a frame of the processes");
    session.go_to(0);
    for (int i = 0; i < frames; ++i) {
      session.step(session.at() + 1 < session.overview().instants.size() ? 1 : -1);
      stepping.draw(session);
      // As a screen of 60 pictures a second would leave it.
      std::this_thread::sleep_for(std::chrono::milliseconds(16));
    }
    stepping.print("the same, a step each frame");
  }
  ImGui::DestroyContext();
}

// As many rows and columns as the processes have, of texts of their length.
void draw_bare_table(int rows) {
  constexpr int kColumns = 7;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({kWidth, kHeight});
  ImGui::Begin("bare", nullptr, ImGuiWindowFlags_NoDecoration);
  if (ImGui::BeginTable("bare", kColumns, ImGuiTableFlags_RowBg | ImGuiTableFlags_ScrollY)) {
    ImGuiListClipper clipper;
    clipper.Begin(rows);
    while (clipper.Step()) {
      for (int row = clipper.DisplayStart; row < clipper.DisplayEnd; ++row) {
        ImGui::TableNextRow();
        for (int column = 0; column < kColumns; ++column) {
          ImGui::TableSetColumnIndex(column);
          ImGui::Text("gen_server:loop/%d", row * kColumns + column);
        }
      }
    }
    ImGui::EndTable();
  }
  ImGui::End();
}

// With every pixel, as somebody sees it.
void measure_screen(const std::string& path, int frames) {
  auto surface = beamtape::Surface::open(
      {"view_bench", static_cast<int>(kWidth), static_cast<int>(kHeight), false, false, 1});
  if (!surface) {
    fmt::print("frames with their pixels: not measured, {}\n", surface.error().message);
    return;
  }
  beamtape::Session session(recording_of(path), recording_of(path), "", [] {});
  session.show("processes");
  const auto rows = static_cast<int>(1'000'000);
  const auto window = [&](float width, float height) {
    beamtape::draw_everything(session, width, height);
  };
  const auto bare = [&](float, float) { draw_bare_table(rows); };
  const auto time = [&](const std::function<void(float, float)>& build) {
    const auto start = Clock::now();
    (*surface)->draw(build);
    (*surface)->show();
    (*surface)->finish();
    return milliseconds_since(start);
  };
  settle(session, [&] { time(window); });
  std::vector<double> ours, theirs;
  for (int i = 0; i < frames; ++i) {
    ours.push_back(time(window));
    theirs.push_back(time(bare));
  }
  print_times("a frame with its pixels", ours);
  print_times("a bare table of ImGui's with its pixels", theirs);
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  fmt::print("{:<44}{:9.2f}\n", "the one as a multiple of the other",
             ours[ours.size() / 2] / theirs[theirs.size() / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc == 3 ? std::atoi(argv[2]) : 0;
  if (frames < 1) {
    fmt::print(stderr, "usage: view_bench RECORDING FRAMES\n");
    return 2;
  }
  measure_rows(recording_of(argv[1]));
  measure_building(argv[1], frames);
  measure_screen(argv[1], frames);
  return 0;
}
