#include "schema/store/add_note.h"

#include <fmt/format.h>

#include "schema/store/file_lock.h"
#include "schema/store/open_recording.h"
#include "schema/store/samples.h"

namespace beamtape {
bool is_being_recorded(const std::string& path) {
  const auto lock = FileLock::take(path);
  return !lock && lock.error().code == Error::Code::kRefused;
}

Expected<void> add_note(const std::string& path, const NoteRecord& note) {
  if (auto may = check_writable(path); !may) return may;
  const auto cannot = [&](const Error& error) {
    return fail(error.code, fmt::format("cannot write {}: {}", path, error.message));
  };
  const auto lock = FileLock::take(path);
  if (!lock && lock.error().code != Error::Code::kRefused) return cannot(lock.error());
  auto database = Database::open(path, Database::Mode::kWrite);
  if (!database) return cannot(database.error());
  auto done = insert_note(*database, note);
  if (done && lock) done = database->exec("PRAGMA journal_mode=DELETE");
  if (!done) return cannot(done.error());
  return {};
}

}  // namespace beamtape
