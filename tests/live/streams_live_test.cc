// Programs whose standard streams are missing, or cannot be written.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "schema/terminal/standard_streams.h"
#include "tests/live/live_test.h"

namespace beamtape::live {
namespace {

// With redirections of a shell, as in ">&- 2>/dev/full".
Launch redirected(Launch launch, const std::string& redirections) {
  std::vector<std::string> command = {"sh", "-c", "exec \"$@\" " + redirections, "sh"};
  command.insert(command.end(), launch.command.begin(), launch.command.end());
  launch.command = std::move(command);
  return launch;
}

TEST(StandardStreams, ThatAreMissingAreNotGivenToTheNextFile) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int descriptor : {0, 1, 2}) close(descriptor);
    fill_missing_standard_streams();
    const bool all = open("/dev/zero", O_RDONLY) > STDERR_FILENO;
    _exit(all && write(STDOUT_FILENO, "x", 1) < 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// What a program prints on a terminal of this kind.
std::string on_terminal(Launch launch, const std::optional<std::string>& kind) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return "no terminal";
  const int end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  launch.environment.emplace_back("TERM", kind);
  const pid_t child = start_program(launch, {{end, 0}, {end, 1}, {end, 2}});
  close(end);
  std::string text;
  char buffer[4096];
  // Fails when the program, which has the other end, has ended.
  for (ssize_t size; (size = read(terminal, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  close(terminal);
  waitpid(child, nullptr, 0);
  return text;
}

class Streams : public LiveTest {
 protected:
  Json info() const { return analyze({"info", file(), "--json"}); }
};

TEST_F(Streams, ARecorderWithoutThemRecordsAllTheSame) {
  const auto node = world_->start();
  for (const char* without : {">&-", "2>&-", "<&- >&- 2>&-"}) {
    SCOPED_TRACE(without);
    std::filesystem::remove(file());
    const Launch launch =
        world_->recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "5", "--json"});
    EXPECT_EQ(run(redirected(launch, without)).exit_code, 0);
    expect_sound(file());
    EXPECT_EQ(info().at("snapshots"), 5);
    EXPECT_EQ(info().at("gaps"), Json::array());
    // What is written into the connection to the node ends what is read from it.
    EXPECT_EQ(info().at("not_answered"), Json::array());
  }
}

TEST_F(Streams, ARecorderWhoseErrorsNobodyReadsRecordsThroughADeathOfTheNode) {
  auto node = world_->start();
  Program recorder(world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json"}));
  ASSERT_TRUE(recorder.read_line());
  recorder.stop_reading_errors();
  node->signal(SIGKILL);
  node = world_->start();
  // Those of the first life may still be on their way.
  while (info().at("nodes").size() < 2) ASSERT_TRUE(recorder.read_line());
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait().exit_code, 0);
  expect_sound(file());
  EXPECT_EQ(info().at("gaps").size(), 1u);
}

TEST_F(Streams, ATerminalIsToldWhatTheFirstSnapshotMayTakeAndThenShowsTheLastOne) {
  const auto node = world_->start();
  std::vector<std::string> arguments = {node->name(), "-o", file(), "-i", "100ms", "-n", "3"};
  const std::string text = on_terminal(world_->recorder(arguments), "xterm");
  EXPECT_EQ(text.rfind("the first snapshot of a node reads everything: it may take up to 50 % of "
                       "one scheduler there\r\n\r#1 ",
                       0),
            0u)
      << text;
  EXPECT_NE(text.find("\x1b[K\r#3 "), std::string::npos) << text;
  std::filesystem::remove(file());
  arguments.emplace_back("--json");
  for (const std::string& line : lines_of(on_terminal(world_->recorder(arguments), "xterm"))) {
    EXPECT_TRUE(Json::accept(line)) << line;
  }
}

TEST_F(Streams, ATerminalThatCannotEraseIsSentNoEscapeSequences) {
  const auto node = world_->start();
  const std::optional<std::string> kinds[] = {"dumb", "", std::nullopt};
  for (const auto& kind : kinds) {
    std::filesystem::remove(file());
    const std::string text =
        on_terminal(world_->recorder({node->name(), "-o", file(), "-i", "100ms", "-n", "3"}), kind);
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_NE(text.find("\r\n#3 "), std::string::npos) << text;
  }
}

// A pager that nobody turns the pages of.
TEST_F(Streams, AReaderThatStandsStillKeepsNobodyFromEndingIt) {
  const auto node = world_->start();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  const pid_t recorder = start_program(
      world_->recorder({node->name(), "-o", file(), "-i", "100ms", "--json"}), {{ends[1], 1}});
  close(ends[1]);
  while (!std::filesystem::exists(file()) || info().at("snapshots") < 20) {
  }
  send_signal(recorder, SIGTERM);
  int status = -1;
  EXPECT_EQ(waitpid(recorder, &status, 0), recorder);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  expect_sound(file());
}

TEST_F(Streams, AMessageThatCannotBeWrittenDoesNotChangeTheExitCode) {
  const auto full = [&](std::vector<std::string> arguments, const std::string& stream) {
    arguments.insert(arguments.end(), {"-o", file()});
    return run(redirected(world_->recorder(std::move(arguments)), stream + ">/dev/full")).exit_code;
  };
  EXPECT_EQ(full({"nope@localhost"}, "2"), kCannotOpen);
  EXPECT_EQ(full({"nope@localhost", "-i", "0"}, "2"), kUsage);
  const auto node = world_->start();
  EXPECT_EQ(full({node->name(), "-n", "3", "-i", "100ms", "--json"}, "1"), 0);
  EXPECT_EQ(info().at("snapshots"), 3);
}

}  // namespace
}  // namespace beamtape::live
