// Draws every panel without a display, over recordings good and bad.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <imgui.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "analyzer/view/panel.h"
#include "analyzer/view/session.h"
#include "analyzer/view/theme.h"
#include "tests/analyzer/fake_reader.h"
#include "tests/analyzer/run.h"
#include "tests/analyzer/shop.h"

namespace beamtape {
namespace {

using ::testing::HasSubstr;

// ImGui without a backend: it makes triangles for nobody.
class Canvas {
 public:
  explicit Canvas(bool light = false) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = {1024, 700};
    io.DeltaTime = 1.0F / 60;
    set_theme(light, 1);
    load_faces(1);
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
  }
  ~Canvas() { ImGui::DestroyContext(); }

  // The number of triangles' corners that a frame took.
  int draw(Session& session) {
    ImGui::NewFrame();
    draw_everything(session, 1024, 700);
    ImGui::Render();
    return ImGui::GetDrawData()->TotalVtxCount;
  }

  // Frames until everything that was asked for is there.
  int draw_settled(Session& session) {
    int corners = 0;
    for (int quiet = 0; quiet < 3;) {
      corners = draw(session);
      quiet = session.busy() ? 0 : quiet + 1;
      std::this_thread::yield();
    }
    return corners;
  }
};

Recording story_recording(const Story& story) {
  return Recording(std::make_unique<FakeReader>(story), "shop.beamtape");
}

void draw_every_panel(Session& session) {
  Canvas canvas;
  for (const Panel& panel : all_panels()) {
    session.show(panel.name);
    EXPECT_GT(canvas.draw_settled(session), 500) << panel.name;
  }
}

TEST(Panels, AreDrawnOverAStory) {
  Session session(story_recording(shop_story()), story_recording(shop_story()), "", [] {});
  session.select("shop_mailer");
  draw_every_panel(session);
  session.go_to(0);
  session.mark_a = 1;
  session.mark_b = 3;
  draw_every_panel(session);
  session.compare(4, 5);  // across the gap: other lives
  draw_every_panel(session);
}

TEST(Panels, AreDrawnOverNothing) {
  Session session(story_recording(Story()), story_recording(Story()), "", [] {});
  draw_every_panel(session);
}

TEST(Panels, AreDrawnOverOneSnapshotInTheLightTheme) {
  Story story;
  story.node("one@host");
  story.snapshot(0);
  story.process("<0.1.0>");
  Session session(story_recording(story), story_recording(story), "", [] {});
  session.select("<0.1.0>");
  Canvas canvas(true);
  for (const Panel& panel : all_panels()) {
    session.show(panel.name);
    EXPECT_GT(canvas.draw_settled(session), 300) << panel.name;
  }
}

TEST(Panels, AreDrawnOverEverySampleAndWhateverTheFuzzerFound) {
  int drawn = 0;
  for (const char* folder : {"/samples/recordings", "/tests/fuzz/corpus/recording_fuzz"}) {
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(BEAMTAPE_SOURCE_DIR + std::string(folder)))) {
      auto rows = Reader::open(entry.path());
      auto answers = Reader::open(entry.path());
      if (!rows || !answers) continue;  // the window says why, and does not open
      Session session(Recording(std::move(*rows), entry.path()),
                      Recording(std::move(*answers), entry.path()), "", [] {});
      draw_every_panel(session);
      ++drawn;
    }
  }
  EXPECT_GE(drawn, 1);
}

TEST(Panels, ShowTheFindingsOfTheDemo) {
  const std::string path = BEAMTAPE_SOURCE_DIR "/samples/recordings/demo-format-1.beamtape";
  Session session(Recording(std::move(*Reader::open(path)), path),
                  Recording(std::move(*Reader::open(path)), path), "", [] {});
  Canvas canvas;
  canvas.draw_settled(session);
  ASSERT_TRUE(session.findings());
  ASSERT_EQ(session.findings()->found.findings.size(), 3U);
  EXPECT_EQ(session.findings()->found.findings[0].rule, "deadlock");
}

TEST(Keys, DoWhatTheirActionsSay) {
  Session session(story_recording(shop_story()), story_recording(shop_story()), "", [] {});
  Canvas canvas;
  const auto press = [&](KeyPress key) {
    session.pressed.push_back(key);
    canvas.draw(session);
    EXPECT_TRUE(session.pressed.empty());
  };
  press({','});
  EXPECT_EQ(session.at(), 4U);
  press({'['});
  press({','});
  press({']'});
  EXPECT_EQ(session.compared(), (std::pair<std::size_t, std::size_t>(4, 3)));
  press({'2'});
  EXPECT_EQ(session.place().panel, "processes");
  press({263, false, true});  // Alt+Left
  EXPECT_EQ(session.place().panel, "findings");
  press({'S', true});
  EXPECT_TRUE(session.wishes.picture);
  EXPECT_FALSE(session.wishes.other_theme);
  press({'L'});
  EXPECT_TRUE(session.wishes.other_theme);
  press({256});  // Esc
  EXPECT_EQ(session.compared(), std::nullopt);
}

class Window : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("DISPLAY"); }
};

TEST_F(Window, WithoutADisplaySaysSoWithCode3AndWhatStillWorks) {
  for (const auto& words :
       {std::vector<std::string>{"view", "f.beamtape"}, std::vector<std::string>{"f.beamtape"}}) {
    const auto result = run_on(shop_story(), words);
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("cannot open a window: no display here"));
    EXPECT_THAT(result.err, HasSubstr("`beamtape-analyzer findings f.beamtape`"));
  }
  EXPECT_EQ(run_on(shop_story(), {"info", "f.beamtape"}).code, 0);
}

TEST_F(Window, RefusesATabOrAnInstantThatIsNotThere) {
  const auto tab = run_on(shop_story(), {"view", "f", "--tab", "nothing"});
  EXPECT_EQ(tab.code, 2);
  EXPECT_THAT(tab.err, HasSubstr("there are findings, processes"));
  EXPECT_EQ(run_on(shop_story(), {"view", "f", "--at", "#99"}).code, 2);
}

}  // namespace
}  // namespace beamtape
