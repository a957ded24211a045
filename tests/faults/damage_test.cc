// Recordings with flipped bits, cut ends and swapped parts. Each is read in a process of its own
// kind: a crash or a hang there is counted here. What is shown has to be what was recorded, or has
// to be named as damaged. Run it with the sanitizers.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "schema/store/sqlite.h"
#include "tests/analyzer/run.h"
#include "tests/faults/fault_table.h"
#include "tests/schema/builders.h"

namespace beamtape::faults {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;

constexpr std::size_t kPage = 4096;
constexpr int kHangMs = 120'000;
constexpr int kFilesPerChild = 100;
constexpr Cell kTextsCompared = 60;

// What became of one damaged file.
enum class Fate : char {
  kRefused = 'r',  // does not open, and says so
  kNamed = 'n',    // opens, and names what is damaged
  kSame = 's',     // shows what was recorded: what was hit means nothing
  kSilent = 'x',   // shows something else and says nothing
  kHidden = 'h'    // shows other rows, or fewer, and only `check` says so
};

// What a file shows.
struct Shown {
  struct Rows {
    std::vector<std::string> columns;
    TableData data;
  };
  std::map<std::string, Rows> rows;  // by table and snapshot
  std::vector<std::string> texts;
  std::vector<std::int64_t> records;
  std::map<std::int64_t, Aggregates> samples;  // by snapshot
  std::size_t damaged = 0;                     // named while it was read
  std::size_t failed = 0;                      // refused while it was read
};

Shown show(Reader& reader) {
  Shown shown;
  std::vector<Damage> damage;
  for (const auto& table : reader.tables()) {
    std::vector<std::string> columns;
    for (const auto& column : table.columns) columns.push_back(column.name);
    for (const auto& snapshot : reader.snapshots()) {
      auto rows = reader.rows(table, snapshot.id, &damage);
      shown.failed += rows ? 0 : 1;
      if (rows) shown.rows[fmt::format("{} {}", table.name, snapshot.id)] = {columns, *rows};
    }
  }
  for (const auto& snapshot : reader.snapshots()) {
    shown.records.insert(shown.records.end(),
                         {snapshot.id, snapshot.node, snapshot.began_wall_us, snapshot.processes});
    for (Cell id = 1; snapshot.id == snapshot.epoch && id < kTextsCompared; ++id) {
      shown.texts.emplace_back(reader.text(snapshot.epoch, id).value_or("(missing)"));
    }
  }
  const auto read = reader.aggregates(0, INT64_MAX, [&](const auto& record, const Aggregates& all) {
    if (!record.damaged) shown.samples[record.id] = all;
    return true;
  });
  shown.failed += read ? 0 : 1;
  shown.damaged = damage.size();
  return shown;
}

// True if the columns that both have are equal in all groups that are not named as damaged.
bool is_part_of(const Shown::Rows& whole, const Shown::Rows& other) {
  for (std::size_t group = 0; group < other.data.groups.size(); ++group) {
    const RowGroup& after = other.data.groups[group];
    if (after.damaged) continue;
    if (group >= whole.data.groups.size()) return false;
    const RowGroup& before = whole.data.groups[group];
    if (after.rows != before.rows) return false;
    for (std::size_t at = 0; at < after.columns.size() && at < other.columns.size(); ++at) {
      const auto known = std::find(whole.columns.begin(), whole.columns.end(), other.columns[at]);
      if (known == whole.columns.end()) continue;
      const auto column = static_cast<std::size_t>(known - whole.columns.begin());
      if (!(after.columns[at] == before.columns[column])) return false;
    }
  }
  return true;
}

bool has_rows_of(const Shown& whole, const Shown& other) {
  return std::all_of(other.rows.begin(), other.rows.end(), [&](const auto& shown) {
    const auto before = whole.rows.find(shown.first);
    return before == whole.rows.end() || is_part_of(before->second, shown.second);
  });
}

// The same for what timelines show. A declaration that is damaged takes columns away.
bool has_samples_of(const Shown& whole, const Shown& other) {
  return std::all_of(other.samples.begin(), other.samples.end(), [&](const auto& shown) {
    static const Aggregates kNone;
    const auto found = whole.samples.find(shown.first);
    const Aggregates& before = found == whole.samples.end() ? kNone : found->second;
    const Aggregates& after = shown.second;
    const auto is_lost = [](Cell cell) {
      return cell == missing(Missing::kBadAnswer) || cell == missing(Missing::kNotRecorded);
    };
    const auto shared =
        static_cast<std::ptrdiff_t>(std::min(before.node.size(), after.node.size()));
    const auto either = [](const auto& a, const auto& b) { return b.empty() || a == b; };
    return (after.node.size() == before.node.size() ||
            std::all_of(after.node.begin(), after.node.end(), is_lost)) &&
           std::equal(after.node.begin(), after.node.begin() + shared, before.node.begin(),
                      [&](Cell a, Cell b) { return a == b || is_lost(a); }) &&
           either(before.groups, after.groups) && either(before.ets, after.ets) &&
           either(before.ports, after.ports) && either(before.allocators, after.allocators);
  });
}

// True if the other shows nothing that was not recorded: what it leaves out it has named.
bool is_part_of(const Shown& whole, const Shown& other) {
  if (!has_rows_of(whole, other) || !has_samples_of(whole, other)) return false;
  for (std::size_t at = 0; at < whole.texts.size() && at < other.texts.size(); ++at) {
    if (other.texts[at] != whole.texts[at] && other.texts[at] != "(missing)") return false;
  }
  return true;
}

bool is_same(const Shown& whole, const Shown& other) {
  return is_part_of(whole, other) && other.damaged == 0 && other.failed == 0 &&
         other.texts == whole.texts && other.records == whole.records &&
         other.rows.size() == whole.rows.size();
}

class Damaged : public testing::Test {
 protected:
  struct Original {
    std::string name;
    Bytes bytes;
    Shown shown;
  };
  using Harm = std::function<Bytes(const Original&, Random&)>;

  void SetUp() override {
    test::RecordingStory story(folder_.file("zoo"),
                               {.slots = 2 * kRowsPerGroup, .snapshots = 6, .share = 0.01});
    story.write_all();
    story.close();
    add(folder_.file("zoo"));
    const std::string samples = std::string(BEAMTAPE_SOURCE_DIR) + "/samples/recordings/";
    add(samples + "demo-format-1.beamtape");
  }

  void add(const std::string& path) {
    const auto reader = Reader::open(path);
    ASSERT_TRUE(reader) << reader.error().message;
    originals_.push_back({path, test::read_file(path), show(**reader)});
    ASSERT_EQ(originals_.back().shown.damaged, 0u);
  }

  Fate read(const Original& original, const std::string& path) {
    auto opened = Reader::open(path);
    if (!opened)
      return opened.error().message.rfind("cannot ", 0) == 0 ? Fate::kRefused : Fate::kSilent;
    const Shown shown = show(**opened);
    const auto damage = (*opened)->check({});
    const bool is_named = !damage || !damage->empty() || !(*opened)->remarks().empty();
    const bool warns = shown.damaged > 0 || shown.failed > 0 || !(*opened)->met().empty() ||
                       !(*opened)->remarks().empty();
    const bool is_complete = shown.rows.size() >= original.shown.rows.size();
    if (!has_samples_of(original.shown, shown)) return Fate::kSilent;
    if (!warns && !(has_rows_of(original.shown, shown) && is_complete)) {
      return is_named ? Fate::kHidden : Fate::kSilent;
    }
    if (is_same(original.shown, shown)) return is_named ? Fate::kNamed : Fate::kSame;
    return is_named ? Fate::kNamed : Fate::kSilent;
  }

  // What a person would type; anything but a crash will do.
  static void command(const std::string& path, int number) {
    const std::vector<std::vector<std::string>> commands{
        {"info", path},
        {"show", "processes", path, "--limit", "5"},
        {"findings", path},
        {"tree", path},
        {"waits", path},
        {"alloc", path},
        {"diff", path},
        {"query", path, "SELECT count(*), sum(memory) FROM process"},
        {"series", path, "node", "atom_count"},
        {"process", path, "audit_log"},
        {"report", path, "-o", path + ".html"},
        {"cut", path, "--from", "#2", "--to", "#4", "-o", path + ".cut"}};
    run_on_files(commands[static_cast<std::size_t>(number) % commands.size()]);
    for (const char* made : {".html", ".cut"}) std::remove((path + made).c_str());
  }

  void attempt(const Harm& harm, int number, int report) {
    Random random(static_cast<std::uint32_t>(number));
    const Original& original = originals_[static_cast<std::size_t>(number) % originals_.size()];
    const std::string path = folder_.file(fmt::format("damaged-{}", getpid()));
    test::write_file(path, harm(original, random));
    const Fate fate = read(original, path);
    command(path, number / 2);
    if (write(report, &fate, 1) != 1) _exit(2);
  }

  // Reads [from, until) in a child, which reports the fate of each. Returns how many it managed.
  int read_in_child(const Harm& harm, int from, int until, std::map<Fate, int>& fates, bool& hung) {
    int report[2];
    if (pipe(report) != 0) return until - from;
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      for (int number = from; number < until; ++number) attempt(harm, number, report[1]);
      _exit(0);
    }
    close(report[1]);
    int done = 0;
    for (;;) {
      pollfd polled{report[0], POLLIN, 0};
      hung = poll(&polled, 1, kHangMs) == 0;
      Fate fate{};
      if (hung || ::read(report[0], &fate, 1) != 1) break;
      ++fates[fate];
      if (fate == Fate::kSilent || fate == Fate::kHidden) {
        ADD_FAILURE() << "shows what was not recorded: number " << from + done;
      }
      ++done;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(report[0]);
    return done;
  }

  void run(const std::string& fault, const Harm& harm) {
    const int times = scaled(2500, 20);
    std::map<Fate, int> fates;
    int crashed = 0;
    int hung = 0;
    for (int next = 0; next < times;) {
      const int until = std::min(times, next + kFilesPerChild);
      bool is_hung = false;
      next += read_in_child(harm, next, until, fates, is_hung);
      if (next == until) continue;
      is_hung ? ++hung : ++crashed;
      ADD_FAILURE() << (is_hung ? "hangs" : "crashes") << " on number " << next;
      ++next;
    }
    const int opened =
        fates[Fate::kNamed] + fates[Fate::kSame] + fates[Fate::kSilent] + fates[Fate::kHidden];
    tell({.fault = fault,
          .times = times,
          .opened = opened,
          .sound = fates[Fate::kSame],
          .hung = hung,
          .also = fmt::format("{} crashes; {} name their damage, {} are refused, {} show something "
                              "else and say nothing, {} only to `check`",
                              crashed, fates[Fate::kNamed], fates[Fate::kRefused],
                              fates[Fate::kSilent], fates[Fate::kHidden])});
  }

  test::TemporaryFolder folder_;
  std::vector<Original> originals_;
};

TEST_F(Damaged, BitsThatAreOthersAreNamed) {
  run("recording with 1 to 8 flipped bits", [](const Original& original, Random& random) {
    Bytes bytes = original.bytes;
    for (auto flips = 1 + random() % 8; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
    }
    return bytes;
  });
}

TEST_F(Damaged, AnEndThatIsCutOffIsNamed) {
  run("recording whose end is cut off", [](const Original& original, Random& random) {
    Bytes bytes = original.bytes;
    std::size_t size = random() % bytes.size();
    if (random() % 2 == 0) size = size / kPage * kPage;
    bytes.resize(size);
    return bytes;
  });
}

TEST_F(Damaged, PagesThatChangedPlacesAreNamed) {
  run("recording with swapped pages or stretches", [](const Original& original, Random& random) {
    Bytes bytes = original.bytes;
    const std::size_t length = random() % 2 == 0 ? kPage : 1 + random() % (4 * kPage);
    const std::size_t step = length == kPage ? kPage : 1;
    const auto place = [&] { return random() % ((bytes.size() - length) / step) * step; };
    const std::size_t one = place();
    const std::size_t other = place();
    for (std::size_t at = 0; at < length; ++at) std::swap(bytes[one + at], bytes[other + at]);
    return bytes;
  });
}

TEST_F(Damaged, PartsThatChangedPlacesAreNamed) {
  run("recording with swapped or missing parts", [this](const Original& original, Random& random) {
    const std::string path = folder_.file(fmt::format("swapped-{}", getpid()));
    test::write_file(path, original.bytes);
    auto database = Database::open(path, Database::Mode::kWrite);
    const std::int64_t parts = **database->number("SELECT count(*) FROM part");
    const auto part = [&] {
      return fmt::format("(SELECT key FROM part LIMIT 1 OFFSET {})",
                         random() % static_cast<std::uint64_t>(parts));
    };
    const std::string one = part();
    const std::string other = part();
    const bool swaps = random() % 4 != 0;
    const auto done = database->exec(
        swaps ? fmt::format("CREATE TEMP TABLE two AS SELECT {} AS a, {} AS b;"
                            "UPDATE part SET key = -1 WHERE key = (SELECT a FROM two);"
                            "UPDATE part SET key = (SELECT a FROM two)"
                            " WHERE key = (SELECT b FROM two);"
                            "UPDATE part SET key = (SELECT b FROM two) WHERE key = -1",
                            one, other)
              : fmt::format("DELETE FROM part WHERE key = {}", one));
    if (!done) throw std::runtime_error(done.error().message);
    database = Database::open(path, Database::Mode::kRead);
    return test::read_file(path);
  });
}

}  // namespace
}  // namespace beamtape::faults
