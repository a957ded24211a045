// Opening a file that somebody else wrote, or is writing, or could not finish writing.

#include "schema/store/open_recording.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "schema/store/layout.h"
#include "schema/store/reader.h"

namespace beamtape {
namespace {

// The first bytes of every SQLite file: https://www.sqlite.org/fileformat.html
constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kReadVersionAt = 19;      // 2: WAL
constexpr std::int64_t kFrameHeaderBytes = 24;  // before each page of a -wal
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kPageCountAt = 28;
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;
using Header = std::array<std::uint8_t, kHeaderBytes>;

std::uint32_t big_endian(const Header& header, std::size_t at, int bytes = 4) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | header[at++];
  return value;
}

std::optional<std::int64_t> size_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_size;
}

tl::unexpected<Error> refuse(Error::Code code, const std::string& path, std::string_view why) {
  return fail(code, fmt::format("cannot open {}: {}", path, why));
}

// What SQLite says of a file whose first page looked well.
tl::unexpected<Error> cannot_open(const std::string& path, const Error& error) {
  const bool is_damaged = error.code == Error::Code::kMalformed;
  return refuse(
      Error::Code::kMalformed, path,
      error.message + (is_damaged ? ", as of a copy that was cut short; copy it again" : ""));
}

Expected<Header> read_header(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    const auto why = errno == ENOENT ? "no such file" : std::strerror(errno);
    return refuse(Error::Code::kNotFound, path, why);
  }
  if (S_ISDIR(status.st_mode)) return refuse(Error::Code::kMalformed, path, "it is a folder");
  if (!S_ISREG(status.st_mode)) {
    return refuse(Error::Code::kMalformed, path, "not a Beamtape recording");
  }
  if (status.st_size == 0) {
    return refuse(Error::Code::kMalformed, path, "it is empty: nothing was recorded");
  }
  Header header{};
  if (auto read = read_start(path, header); !read) {
    return refuse(read.error().code, path, read.error().message);
  }
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0 ||
      big_endian(header, kApplicationIdAt) != kApplicationId) {
    return refuse(Error::Code::kMalformed, path, "not a Beamtape recording");
  }
  return header;
}

Expected<void> check_version(const std::string& path, std::uint32_t version) {
  if (version >= 1 && version <= static_cast<std::uint32_t>(kFormatVersion)) return {};
  if (version == 0) return refuse(Error::Code::kMalformed, path, "not a Beamtape recording");
  return fail(Error::Code::kMalformed,
              fmt::format("cannot open {}: it was written by a newer Beamtape (format {}, this one "
                          "reads up to {}): install a newer Beamtape",
                          path, version, kFormatVersion));
}

// True if the schema can be read through this connection.
bool answers(Expected<Database>& database) {
  return database && database->number("SELECT count(*) FROM sqlite_schema").has_value();
}

std::string kib(std::int64_t bytes) { return fmt::format("{} KiB", (bytes + 1023) / 1024); }

std::string left_open(const std::string& path, std::int64_t wal_bytes) {
  return fmt::format("not closed: the recorder was killed or is still running; {} in {}-wal",
                     kib(wal_bytes), path);
}

// Without its -wal, a file in WAL mode opens only as one that nobody writes; and so it is.
Expected<Database> open_in_wal_mode(const std::string& path, OpenedFile& file) {
  const auto wal_bytes = size_of(path + "-wal");
  if (!wal_bytes) {
    file.remarks.push_back(
        fmt::format("not closed, and {}-wal is not beside it: a copy, which ends "
                    "where the recorder had folded in what it wrote",
                    path));
    return Database::open(path, Database::Mode::kImmutable);
  }
  auto database = Database::open(path, Database::Mode::kRead);
  if (answers(database)) {
    file.remarks.push_back(left_open(path, *wal_bytes));
    file.wal_bytes = *wal_bytes;
    return database;
  }
  if (*wal_bytes > 0) {
    file.remarks.push_back(
        fmt::format("{}; it is not shown, because it cannot be read in a read-only "
                    "folder: copy both files into another",
                    left_open(path, *wal_bytes)));
  }
  return Database::open(path, Database::Mode::kImmutable);
}

// A -wal beside it is another recording's, or its own that came back after a crash of the machine:
// SQLite removes that before the header says so. It would take any for the file's own.
Expected<Database> open_in_delete_mode(const std::string& path, OpenedFile& file) {
  if (size_of(path + "-wal").value_or(0) > 0) {
    file.wal_is_foreign = true;
    file.remarks.push_back(
        fmt::format("{}-wal is not read: this recording was closed without it", path));
    return Database::open(path, Database::Mode::kImmutable);
  }
  auto database = Database::open(path, Database::Mode::kRead);
  if (answers(database) || !size_of(path + "-journal")) return database;
  file.remarks.push_back(
      fmt::format("not closed: {}-journal takes back what it says, which needs "
                  "write access",
                  path));
  return Database::open(path, Database::Mode::kImmutable);
}

// Pages that are not in the file may be in its -wal: where folding in was begun and could not be
// ended.
void note_missing_end(const std::string& path, const Header& header, OpenedFile& file) {
  const auto page = big_endian(header, kPageSizeAt, 2);
  const std::int64_t page_bytes = page == 1 ? 65536 : page;
  const auto expected = page_bytes * big_endian(header, kPageCountAt);
  const auto size = size_of(path).value_or(0);
  const std::int64_t in_wal = file.wal_bytes / (page_bytes + kFrameHeaderBytes) * page_bytes;
  if (size + in_wal >= expected) return;
  file.remarks.push_back(fmt::format("cut short: {} of {} are there", kib(size), kib(expected)));
}

}  // namespace

Expected<OpenedFile> open_recording(const std::string& path) {
  auto header = read_header(path);
  // A recorder that goes on in it says so there before it makes a -wal.
  if (header && size_of(path + "-wal")) header = read_header(path);
  if (!header) return tl::unexpected(header.error());
  const auto version = big_endian(*header, kUserVersionAt);
  if (auto known = check_version(path, version); !known) return tl::unexpected(known.error());
  OpenedFile file;
  file.format_version = static_cast<int>(version);
  const bool wal = (*header)[kReadVersionAt] == 2;
  auto database = wal ? open_in_wal_mode(path, file) : open_in_delete_mode(path, file);
  if (!database) return cannot_open(path, database.error());
  // One state of the file for as long as it is open, whatever its recorder drops meanwhile. Of one
  // that nobody writes this would only keep notes out, and who goes on in it.
  if (auto begun = wal ? database->exec("BEGIN") : Expected<void>(); !begun) {
    return cannot_open(path, begun.error());
  }
  auto schema = database->number("SELECT count(*) FROM sqlite_schema");
  if (!schema) return cannot_open(path, schema.error());
  note_missing_end(path, *header, file);
  file.database = std::move(*database);
  return file;
}

Expected<void> check_writable(const std::string& path) {
  const auto opened = open_recording(path);
  if (!opened) return tl::unexpected(opened.error());
  if (!opened->wal_is_foreign) return {};
  return fail(
      Error::Code::kUsage,
      fmt::format("cannot write {0}: {0}-wal is beside it, without which it was closed; move "
                  "that away",
                  path));
}

}  // namespace beamtape
