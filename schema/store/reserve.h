#pragma once

#include <cstdint>
#include <string>

namespace beamtape {

// Room on the file system of a recording that is kept back for the day when it is full: without
// it, SQLite can then neither delete nor fold its -wal in. A file without a name, so that nothing
// of it stays after a kill. Not a public header.
class Reserve {
 public:
  Reserve() = default;
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;
  ~Reserve() { release(); }

  // Holds at least `bytes` beside `path` from now on. If that much cannot be had, or the file
  // system cannot promise room, it stays as it was: there is nothing better to do.
  void hold(const std::string& path, std::int64_t bytes);
  void release();
  // True if it holds `bytes` and could hold `times` as much: the file system is not full any more.
  // One that cannot promise room is believed what it says.
  bool has_room_for(std::int64_t bytes, int times);

 private:
  std::string folder_;
  bool can_promise_ = true;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;
};

// Takes room for a file that is there to become so long; its length stays. If that much cannot be
// had, it has what it had.
void allocate(const std::string& path, std::int64_t bytes);

}  // namespace beamtape
