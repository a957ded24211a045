#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <type_traits>

#include "recorder/node/cookie.h"

namespace beamtape {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// A scratch home, with no cookie in the environment.
class FindCookie : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "beamtape-cookie-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    home_ = pattern;
    const char* home = getenv("HOME");
    old_home_ = home == nullptr ? "" : home;
    setenv("HOME", home_.c_str(), 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("BEAMTAPE_COOKIE");
  }
  void TearDown() override {
    setenv("HOME", old_home_.c_str(), 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("BEAMTAPE_COOKIE");
    fs::remove_all(home_);
  }

  std::string file(const std::string& name, std::string_view content,
                   fs::perms permissions = fs::perms::owner_read) {
    const fs::path path = home_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    fs::permissions(path, permissions);
    return path;
  }

  static std::string secret(const Expected<Cookie>& cookie) {
    return cookie ? cookie->reveal() : "error: " + cookie.error().message;
  }

  fs::path home_;
  std::string old_home_;
};

TEST_F(FindCookie, ReadsTheFirstLineOfTheFile) {
  EXPECT_EQ(secret(find_cookie(file("a", "monster"))), "monster");
  EXPECT_EQ(secret(find_cookie(file("b", "monster\n"))), "monster");
  EXPECT_EQ(secret(find_cookie(file("c", "monster\r\nsecond\n"))), "monster");
}

TEST_F(FindCookie, LooksWhereErlangLooks) {
  file(".config/erlang/.erlang.cookie", "config");
  EXPECT_EQ(secret(find_cookie({})), "config");
  file("elsewhere/erlang/.erlang.cookie", "xdg");
  setenv("XDG_CONFIG_HOME", (home_ / "elsewhere").c_str(), 1);
  EXPECT_EQ(secret(find_cookie({})), "xdg");
  file(".erlang.cookie", "home");
  EXPECT_EQ(secret(find_cookie({})), "home");
}

TEST_F(FindCookie, PrefersTheFileThatWasGivenThenTheEnvironment) {
  file(".erlang.cookie", "home");
  setenv("BEAMTAPE_COOKIE", "environment", 1);
  EXPECT_EQ(secret(find_cookie({})), "environment");
  EXPECT_EQ(secret(find_cookie(file("given", "given"))), "given");
}

TEST_F(FindCookie, DoesNotFallBackFromAFileThatWasGiven) {
  file(".erlang.cookie", "home");
  setenv("BEAMTAPE_COOKIE", "environment", 1);
  EXPECT_THAT(secret(find_cookie((home_ / "none").string())), HasSubstr("no such file"));
}

TEST_F(FindCookie, RefusesAFileThatOthersMayAccess) {
  for (const auto permission : {fs::perms::group_read, fs::perms::others_read,
                                fs::perms::group_write, fs::perms::others_exec}) {
    const auto path = file("open", "monster", fs::perms::owner_read | permission);
    EXPECT_THAT(secret(find_cookie(path)), HasSubstr("chmod 400 " + path));
    fs::remove(path);
  }
}

TEST_F(FindCookie, RefusesWhatIsNoCookie) {
  EXPECT_THAT(secret(find_cookie(file("empty", ""))), HasSubstr("empty"));
  EXPECT_THAT(secret(find_cookie(file("blank", "\nmonster"))), HasSubstr("empty"));
  EXPECT_THAT(secret(find_cookie(home_.string())), HasSubstr("not a regular file"));
  setenv("BEAMTAPE_COOKIE", "", 1);
  EXPECT_THAT(secret(find_cookie({})), HasSubstr("BEAMTAPE_COOKIE"));
}

TEST_F(FindCookie, RefusesWhatErlInterfaceCannotHold) {
  const std::string longest(kMaxCookieBytes, 'x');
  EXPECT_EQ(secret(find_cookie(file("longest", longest + "\n"))), longest);
  const auto message = secret(find_cookie(file("longer", longest + "x")));
  EXPECT_THAT(message, HasSubstr("longer than 512"));
  EXPECT_THAT(message, Not(HasSubstr("xxx")));
}

TEST_F(FindCookie, SaysWhatToDoWhenThereIsNone) {
  const auto cookie = find_cookie({});
  ASSERT_FALSE(cookie);
  EXPECT_EQ(cookie.error().code, Error::Code::kNotFound);
  EXPECT_THAT(cookie.error().message, HasSubstr("--cookie-file"));
}

TEST(Cookie, IsWipedFromWhereItCameAndWhenItEnds) {
  std::string source = "monster";
  alignas(Cookie) unsigned char memory[sizeof(Cookie)];
  auto* cookie = new (memory) Cookie(std::move(source));
  EXPECT_STREQ(cookie->reveal(), "monster");
  Cookie moved(std::move(*cookie));
  EXPECT_STREQ(moved.reveal(), "monster");
  EXPECT_STREQ(cookie->reveal(), "");
  cookie->~Cookie();
}

TEST(Cookie, CannotBeCopied) {
  EXPECT_FALSE(std::is_copy_constructible_v<Cookie>);
  EXPECT_FALSE(std::is_copy_assignable_v<Cookie>);
}

}  // namespace
}  // namespace beamtape
