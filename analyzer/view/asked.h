#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "analyzer/view/answers.h"
#include "analyzer/view/desk.h"
#include "analyzer/view/session.h"

namespace beamtape {

// What a session has asked of its desks, and the newest answers.
struct Session::Asked {
  Question<RowsQuestion, Rows> rows;
  Question<std::pair<std::shared_ptr<const Rows>, std::pair<std::size_t, std::size_t>>, RowsText>
      text;
  Question<SparksQuestion, Sparks> sparks;
  std::shared_ptr<std::atomic<bool>> stale_sparks = std::make_shared<std::atomic<bool>>();
  Question<std::pair<std::shared_ptr<const Rows>, int>, std::string> copy;
  int copies = 0;
  std::shared_ptr<const std::string> taken;
  Question<int, Expected<std::string>> report;
  int reports = 0;
  std::shared_ptr<const Expected<std::string>> taken_report;
  Question<std::pair<std::string, std::pair<std::int64_t, std::size_t>>, LifeText> life;
  Question<std::pair<std::int64_t, std::string>, NamedThings> named;
  Question<std::size_t, FindingsText> findings;
  std::size_t findings_of = 0;  // so many instants
  Question<std::int64_t, WaitsText> waits;
  Question<Compared, DiffText> diff;
  Question<std::int64_t, AllocText> allocators;
  Question<std::pair<std::int64_t, std::string>, TreeText> tree;
  Question<std::size_t, Track> scheduler_use;
  // The other file that was compared with last; for the desk alone.
  std::shared_ptr<std::shared_ptr<Recording>> other =
      std::make_shared<std::shared_ptr<Recording>>();
};

}  // namespace beamtape
