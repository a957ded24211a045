// What the window costs the drawing thread: view_bench RECORDING FRAMES. Everything but
// rasterising, which depends on the machine's graphics: choosing, sorting and turning rows into
// text (on another thread in the window), and building frames of 1600x1000.

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/view/panel.h"
#include "analyzer/view/session.h"
#include "analyzer/view/theme.h"
#include "schema/store/reader.h"

namespace {

using Clock = std::chrono::steady_clock;

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
  fmt::print("{:<34}{:9.1f} ms\n", "read the last snapshot, and sort", milliseconds_since(began));
  const auto time = [&](const char* what, const beamtape::RowsQuestion& question) {
    const auto start = Clock::now();
    const auto rows = find_rows(recording, question, loaded);
    fmt::print("{:<34}{:9.1f} ms, {} rows\n", what, milliseconds_since(start), rows->order.size());
  };
  time("sort by a number", {"processes", last, "reductions", ""});
  time("filter and sort", {"processes", last, "memory", "message_queue_len > 5"});
  const auto start = Clock::now();
  beamtape::text_of(loaded, loaded->order.size() / 2, 360);
  fmt::print("{:<34}{:9.1f} ms\n", "text of 360 rows", milliseconds_since(start));
}

double draw(beamtape::Session& session) {
  const auto start = Clock::now();
  ImGui::NewFrame();
  beamtape::draw_everything(session, 1600, 1000);
  ImGui::Render();
  return milliseconds_since(start);
}

void measure_frames(const std::string& path, int frames) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.DisplaySize = {1600, 1000};
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;  // as OpenGL 3.2
  beamtape::set_theme(false, 1);
  beamtape::load_faces(1);
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
  beamtape::Session session(recording_of(path), recording_of(path), "", [] {});
  session.show("processes");
  for (int quiet = 0; quiet < 3; ++quiet) {
    draw(session);
    while (session.busy()) std::this_thread::yield();
  }
  std::vector<double> times;
  for (int i = 0; i < frames; ++i) times.push_back(draw(session));
  std::sort(times.begin(), times.end());
  fmt::print("{:<34}{:9.3f} ms, {:.3f} ms at most, {} corners\n",
             "a frame of the processes, median", times[times.size() / 2], times.back(),
             ImGui::GetDrawData()->TotalVtxCount);
  ImGui::DestroyContext();
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc == 3 ? std::atoi(argv[2]) : 0;
  if (frames < 1) {
    fmt::print(stderr, "usage: view_bench RECORDING FRAMES\n");
    return 2;
  }
  measure_rows(recording_of(argv[1]));
  measure_frames(argv[1], frames);
  return 0;
}
