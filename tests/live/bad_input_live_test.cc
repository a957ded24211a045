// What wrong input gets: the exit code of the contract, one line that says what is wrong, and no
// file made or changed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "recorder/node/epmd.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class BadInput : public LiveTest {
 protected:
  void expect_complaint(const Ended& ended, int exit_code, const std::string& words) {
    EXPECT_EQ(ended.exit_code, exit_code) << ended.error;
    EXPECT_EQ(ended.out, "");
    const auto lines = lines_of(ended.error);
    EXPECT_EQ(lines.size(), 1u) << ended.error;
    EXPECT_THAT(ended.error, AllOf(StartsWith("beamtape-recorder: cannot "), HasSubstr(words)));
    EXPECT_EQ(ended.error.empty() ? '\0' : ended.error.back(), '\n');
  }
  void expect_no_file() {
    for (const char* part : {"", "-wal", "-shm", "-journal"}) {
      EXPECT_FALSE(std::filesystem::exists(file().string() + part)) << part;
    }
  }

  // Nothing but the wrong argument is wrong.
  void expect_usage_error(std::vector<std::string> arguments, const std::string& words = "") {
    SCOPED_TRACE(testing::PrintToString(arguments));
    arguments.insert(arguments.end(), {"-o", file()});
    expect_complaint(run_recorder(std::move(arguments)), kUsage, words);
    expect_no_file();
  }

  Ended record_with_cookie(const Node& node, const std::string& cookie_file) {
    return run_recorder({node.name(), "-o", file(), "--once", "--cookie-file", cookie_file});
  }

  // Without the right to read or write everything, which root has.
  static Launch powerless(Launch launch) {
    launch.as_nobody = geteuid() == 0;
    return launch;
  }
  static constexpr int kNotStarted = 127;  // where others may not reach the program itself
};

TEST_F(BadInput, WrongWordsOnTheCommandLineAreUsageErrors) {
  expect_usage_error({});
  expect_usage_error({"shop", "--no-such-option"}, "--no-such-option");
  expect_usage_error({"shop", "cart", "--address", "127.0.0.1:4000"}, "--address");
  expect_usage_error({"shop", "--once", "-n", "3"});
  expect_usage_error({"shop", "--json", "--quiet"});
  expect_usage_error({"shop", "--address", "nowhere"});
  expect_usage_error({"shop", "--address", "127.0.0.1:0"});
  expect_usage_error({"shop", "--address", "127.0.0.1:70000"});
  expect_usage_error({"@host"});
  expect_usage_error({"sh op@host"});
  expect_usage_error({std::string(300, 'x') + "@host"});
  expect_usage_error({"shop", "--note", "a remark", "--note", ""}, "--note");
}

TEST_F(BadInput, ControlCharactersInANameDoNotReachTheTerminal) {
  const auto node = world_->start();
  expect_usage_error({"sh\nop\x1b[2J@host"}, "sh\\x0aop\\x1b[2J@host");
  expect_usage_error({"shop", "-i", "5\n"}, "'5\\x0a'");
  expect_complaint(run_recorder({node->name(), "--once", "-o", "missing\n/\x1b[2J"}), kCannotOpen,
                   "missing\\x0a/\\x1b[2J");
  expect_no_file();
}

TEST_F(BadInput, AFileWithoutANameIsAUsageError) {
  const auto node = world_->start();
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"-o", ""}, {"--append", "-o", ""}}) {
    std::vector<std::string> arguments = {node->name(), "--once"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    expect_complaint(run_recorder(arguments), kUsage, "-o: the name of the file is empty");
  }
  for (const auto& entry : std::filesystem::directory_iterator(world_->folder())) {
    EXPECT_NE(entry.path().extension(), ".beamtape") << entry;
  }
}

TEST_F(BadInput, ImpossibleTimesAreUsageErrors) {
  for (const char* option : {"-i", "-d"}) {
    for (const char* time :
         {"0s", "0", "-1s", "-5m", "", "s", "5", "5 s", "five", "5x", "nan", "nans", "infs",
          "1e999s", "-1e999s", "99999999h", "1e-9ms", "0x10s", "5s5s"}) {
      expect_usage_error({"shop", option, time});
    }
  }
  expect_usage_error({"shop", "-i", "1ms"}, "100ms");
}

TEST_F(BadInput, ImpossibleCountsAreUsageErrors) {
  for (const char* count : {"0", "-1", "", "1.5", "abc", "3x", "0x10", "1e3", " 5",
                            "99999999999999999999999", "-99999999999999999999999"}) {
    expect_usage_error({"shop", "-n", count});
  }
}

TEST_F(BadInput, ABoundAboveTheLimitOfFileSizesIsAUsageError) {
  const auto bounded = [&](const std::string& size) {
    return run(with_file_limit(
        world_->recorder({"nobody", "-o", file(), "--once", "--max-size", size}), 5 * 1024));
  };
  expect_complaint(
      bounded("6MiB"), kUsage,
      "--max-size: 6.00 MiB is above the limit on a file's size, 5.00 MiB (ulimit -f)");
  expect_complaint(bounded("5MiB"), kCannotOpen, "no such node");
  expect_no_file();
}

TEST_F(BadInput, ANodeThatDoesNotExistIsNamed) {
  const auto node = world_->start();
  expect_complaint(run_recorder({"nobody", "-o", file(), "--once"}), kCannotOpen, "no such node");
  expect_complaint(run_recorder({"shop@no-such-host.invalid", "-o", file(), "--once"}), kCannotOpen,
                   "no-such-host.invalid");
  expect_no_file();
}

TEST_F(BadInput, ANodeOfAnotherNameIsNamedWithoutTalkOfAnAddressThatNobodyGave) {
  const auto node = world_->start();
  const std::string other = "shop@127.0.0.1";
  const auto port = ask_epmd_for_port({"127.0.0.1"}, world_->epmd_port(), "shop",
                                      deadline_in(std::chrono::seconds(30)));
  ASSERT_TRUE(port);
  expect_complaint(run_recorder({other, "-o", file(), "--once"}), kCannotOpen, "give that name\n");
  expect_complaint(run_recorder({other, "-o", file(), "--once", "--address",
                                 "127.0.0.1:" + std::to_string(*port)}),
                   kCannotOpen, "give that name, or another --address\n");
  expect_no_file();
}

TEST_F(BadInput, AnEpmdThatIsOutOfReachIsNamed) {
  const auto node = world_->start();
  Launch launch = world_->recorder({node->name(), "-o", file(), "--once"});
  launch.environment.emplace_back("ERL_EPMD_PORT", std::to_string(free_port()));
  expect_complaint(run(launch), kCannotOpen, "epmd");
  expect_no_file();
}

TEST_F(BadInput, AnEpmdPortThatIsNoneIsNamedOnceForAllNodes) {
  const auto node = world_->start();
  for (const std::string port : {"", "abc", "70000", "0", "-1", "24711x", " 24711", "24711\n"}) {
    Launch launch = world_->recorder({node->name(), "other@localhost", "-o", file(), "--once"});
    launch.environment.emplace_back("ERL_EPMD_PORT", port);
    expect_complaint(run(launch), kCannotOpen,
                     "ERL_EPMD_PORT: '" + port.substr(0, port.find('\n')));
  }
  expect_no_file();
}

TEST_F(BadInput, AnAddressWhereNobodyListensIsNamed) {
  const auto node = world_->start();
  expect_complaint(run_recorder({node->name(), "-o", file(), "--once", "--address",
                                 "127.0.0.1:" + std::to_string(free_port())}),
                   kCannotOpen, "127.0.0.1");
  expect_no_file();
}

TEST_F(BadInput, ARefusedCookieIsSaidToBeRefused) {
  const auto node = world_->start();
  Launch launch = world_->recorder({node->name(), "-o", file(), "--once"});
  launch.environment.emplace_back("BEAMTAPE_COOKIE", "another");
  expect_complaint(run(launch), kCannotOpen, "refuses the cookie");
  expect_no_file();
}

TEST_F(BadInput, ACookieFileThatCannotBeUsedIsNamed) {
  const auto node = world_->start();
  const auto cookie = world_->file("cookie");
  const auto write = [&](const std::string& text, int mode) {
    std::ofstream(cookie) << text;
    std::filesystem::permissions(cookie, static_cast<std::filesystem::perms>(mode));
  };
  expect_complaint(record_with_cookie(*node, cookie), kCannotOpen, "no such file");
  write(World::kCookie, 0440);
  expect_complaint(record_with_cookie(*node, cookie), kCannotOpen, "chmod 400");
  write(World::kCookie, 0604);
  expect_complaint(record_with_cookie(*node, cookie), kCannotOpen, "chmod 400");
  write("", 0600);
  expect_complaint(record_with_cookie(*node, cookie), kCannotOpen, "empty");
  write(std::string(10'000, 'x'), 0600);
  expect_complaint(record_with_cookie(*node, cookie), kCannotOpen, "longer");
  expect_complaint(record_with_cookie(*node, world_->folder()), kCannotOpen, "regular file");
  std::filesystem::remove(world_->cookie_file());
  expect_complaint(run_recorder({node->name(), "-o", file(), "--once"}), kCannotOpen,
                   "BEAMTAPE_COOKIE");
  expect_no_file();
}

TEST_F(BadInput, ACookieFileThatMayNotBeReadIsNamed) {
  const auto node = world_->start();
  std::filesystem::permissions(world_->cookie_file(), std::filesystem::perms::none);
  const Ended ended = run(powerless(world_->recorder({node->name(), "-o", file(), "--once"})));
  if (ended.exit_code == kNotStarted) GTEST_SKIP() << "the program is out of others' reach here";
  expect_complaint(ended, kCannotOpen, world_->cookie_file());
  expect_no_file();
}

TEST_F(BadInput, AFileThatExistsIsLeftAsItIs) {
  const auto node = world_->start();
  for (const char* text : {"", "something of yours", "SQLite format 3"}) {
    std::ofstream(file()) << text;
    expect_complaint(run_recorder({node->name(), "-o", file(), "--once"}), kCannotOpen, file());
    EXPECT_EQ(content(file()), text);
    EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
  }
  std::filesystem::remove(file());
  record(*world_, *node, file(), {"--once"});
  const std::string recording = content(file());
  expect_complaint(run_recorder({node->name(), "-o", file(), "--once"}), kCannotOpen, file());
  EXPECT_EQ(content(file()), recording);
}

TEST_F(BadInput, AFolderThatCannotTakeTheFileIsNamed) {
  const auto node = world_->start();
  const auto missing = world_->file("missing") / "node.beamtape";
  expect_complaint(run_recorder({node->name(), "-o", missing, "--once"}), kCannotOpen, missing);
  EXPECT_FALSE(std::filesystem::exists(missing.parent_path()));
  const auto folder = world_->file("folder");
  std::filesystem::create_directory(folder);
  expect_complaint(run_recorder({node->name(), "-o", folder, "--once"}), kCannotOpen, folder);
  std::ofstream(file()) << "a file";
  expect_complaint(run_recorder({node->name(), "-o", file() / "node.beamtape", "--once"}),
                   kCannotOpen, file());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(BadInput, AFolderThatMayNotBeWrittenIsNamed) {
  const auto node = world_->start();
  const auto folder = world_->file("closed");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0555));
  Launch launch = world_->recorder({node->name(), "-o", folder / "node.beamtape", "--once"});
  launch.environment.emplace_back("BEAMTAPE_COOKIE", World::kCookie);
  const Ended ended = run(powerless(launch));
  if (ended.exit_code == kNotStarted) GTEST_SKIP() << "the program is out of others' reach here";
  expect_complaint(ended, kCannotOpen, folder);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace beamtape::live
