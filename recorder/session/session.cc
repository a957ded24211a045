#include "recorder/session/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "recorder/collect/hello.h"
#include "recorder/collect/scheduler_time.h"
#include "recorder/collect/standby.h"
#include "recorder/session/batch.h"
#include "recorder/session/clock.h"
#include "recorder/session/going_on.h"
#include "schema/store/reader.h"

namespace beamtape {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopCheck{100};
// Pauses between attempts to connect again.
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{30'000};
// From one snapshot to the next, whatever the last has cost: it keeps the times within their range.
constexpr std::chrono::hours kLongestStretch{24 * 365};
// A first snapshot that takes no more of the node than this is never spread.
constexpr std::chrono::microseconds kShortestFilling{2'000'000};

// Answers to an earlier connection of this process must not be taken for a later one's.
std::uint32_t connection_number() {
  static std::atomic<std::uint32_t> last = 0;
  return ++last;
}

}  // namespace

Session::Session(std::string node, std::optional<Earlier> earlier, Storing& storing,
                 const Plan& plan, const Connect& connect, Board& board)
    : name_(std::move(node)),
      earlier_(std::move(earlier)),
      storing_(storing),
      plan_(plan),
      connect_(connect),
      board_(board),
      pause_(kFirstPause) {}

std::optional<Error> Session::run(Linking first, Role role) {
  role_ = role;
  auto ended = record(std::move(first));
  hang_up();
  store_missed();
  if (was_reached()) storing_.end_life(node_id_);
  node_.reset();
  return ended;
}

std::optional<Writer::Life> Session::told() const {
  if (node_id_ == 0 && !earlier_) return std::nullopt;
  Writer::Life life = node_id_ == 0 ? earlier_->life : Writer::Life{node_id_, name_, creation_};
  life.covered_to_wall_us = covered_life_ != 0 ? covered_to_wall_us_ : 0;
  life.covered_life = covered_life_;
  return life;
}

// Else the node would miss our ticks. Where only this end has given it up, it keeps the name taken
// until then, and a tunnel that takes one connection the way.
void Session::hang_up() {
  capture_.reset();
  asker_.reset();
  link_.reset();
}

std::optional<Error> Session::record(Linking first) {
  due_ = Clock::now();
  covered_to_wall_us_ = wall_now_us();
  miss_since_earlier();
  auto attached = attach(first.get());
  // The node may have given it up while a large file to go on in was looked through.
  if (!attached && attached.error().code == Error::Code::kClosed) {
    attached = attach(connect_(name_));
  }
  is_out_of_reach_ = !attached;
  if (!attached && role_ == Role::kOnly) {
    missed_.reset();
    return attached.error();
  }
  std::optional<Error> lost;
  if (!attached) why_unreached_ = (lost = attached.error())->message;
  for (;;) {
    if (!lost) lost = serve();
    if (!lost) return std::nullopt;
    // Garbage is no reason to end: what answered may have been another's port, or a node on its way
    // up or down.
    if (storing_.failure() || !plan_.reconnect) {
      if (!storing_.failure()) miss(node_id_, lost->message);
      return lost;
    }
    if (!come_back(*lost)) {
      return was_given_up_ || board_.was_asked_to_stop() ? std::nullopt : lost;
    }
    lost.reset();
  }
}

// Has the node introduce itself and prepares the questions. After an error everything is as it was.
Expected<void> Session::attach(Expected<std::unique_ptr<Link>> link) {
  if (!link) return tl::unexpected(std::move(link.error()));
  auto asker = std::make_unique<Asker>(**link, connection_number());
  asker->give_up_at(board_.stop_flag());
  auto found = hello(*asker, name_);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (const auto ticktime = (*found)->facts.net_ticktime) (*link)->set_ticktime(*ticktime);
  const bool another_life = !node_ || node_->record.creation != (*found)->record.creation;
  RecordedNode& node = another_life ? **found : *node_;
  auto capture = std::make_unique<Capture>(*asker, node);
  if (auto prepared = capture->prepare(); !prepared) return prepared;
  if (auto standing = stand_by(*asker, node); !standing) return standing;
  if (plan_.scheduler_time) {
    const auto measured = measure_scheduler_time(*asker);
    const bool is_over =
        !measured && (measured.error().code == Error::Code::kClosed || should_end());
    if (is_over) return measured;
    if (!measured) board_.tell(measured.error().message);
  }
  if (another_life) {
    if (auto begun = begin_life(std::move(*found)); !begun) return begun;
  }
  asker->give_up_at(nullptr);
  capture_ = std::move(capture);
  asker_ = std::move(asker);
  link_ = std::move(*link);
  snapshots_in_epoch_ = kSnapshotsPerEpoch;
  return {};
}

// In a file that is gone on with, the node may be the one that was recorded last.
Expected<void> Session::begin_life(std::unique_ptr<RecordedNode> found) {
  const bool same_as_earlier =
      !node_ && earlier_ && earlier_->life.creation == found->record.creation;
  if (same_as_earlier) {
    go_on(earlier_->life.id, *found);
  } else {
    if (node_) storing_.end_life(node_id_);
    found->record.attached_wall_us = wall_now_us();
    auto added = storing_.must_write([&](Writer& writer) -> Expected<void> {
      auto id = writer.add_node(found->record);
      if (!id) return tl::unexpected(std::move(id.error()));
      node_id_ = *id;
      return {};
    });
    if (!added) return added;
    aggregator_ = {};
  }
  if (missed_) missed_->to_wall_us = wall_now_us();
  node_ = std::move(found);
  creation_ = node_->record.creation;
  filling_ = true;
  was_reached_ = true;
  return {};
}

// What the file cannot tell of who was there is no reason to record nothing: they are new, then.
void Session::go_on(std::int64_t life, RecordedNode& found) {
  node_id_ = life;
  static_cast<void>(storing_.with_writer([&](Writer& writer) -> Expected<void> {
    const auto file = Reader::open(writer.path());
    if (!file) return tl::unexpected(file.error());
    number_ = take_over(**file, life, found, aggregator_);
    return {};
  }));
  if (number_ > 0) storing_.go_on(life, number_);
}

// Takes snapshots until there is a reason not to. Nothing if the plan is fulfilled or somebody
// asked to stop.
std::optional<Error> Session::serve() {
  while (!is_over()) {
    auto waited = wait_for_next();
    if (waited && should_end()) break;
    auto taken = waited ? take() : waited;
    if (!taken) return taken.error();
  }
  return storing_.failure();
}

bool Session::is_over() const {
  if (plan_.count && taken_ >= *plan_.count) return true;
  return plan_.duration && taken_ > 0 && due_ - board_.began() >= *plan_.duration;
}

// Serves the connection meanwhile.
Expected<void> Session::wait_for_next() {
  while (!should_end()) {
    const auto asked = board_.snapshots_asked();
    const auto due = asked == snapshots_asked_ ? due_ : std::min(due_, soonest_);
    const auto left = std::chrono::ceil<milliseconds>(due - Clock::now());
    if (left.count() <= 0) {
      snapshots_asked_ = asked;
      return {};
    }
    if (auto served = serve_for(std::min(left, kStopCheck)); !served) return served;
  }
  return {};
}

Expected<void> Session::take() {
  const auto began = Clock::now();
  begin_epoch_if_due();
  node_->filling_us = longest_filling();
  if (plan_.count == 1) capture_->set_pace(std::max(kFirstBudget, plan_.budget));
  auto record = capture_->take(++number_);
  if (!record) {
    // What the node has worked for one that breaks off is paid for, too.
    SnapshotRecord broken;
    broken.target_us = node_->target_us;
    broken.filling = filling_;
    plan_next(began, broken);
    return tl::unexpected(record.error());
  }
  record->epoch = epoch_;
  record->node = node_id_;
  Aggregates aggregates = aggregator_.sum_up(*node_, *record);
  filling_ = filling_ && record->filling;
  record->interval_us = plan_next(began, *record);
  store_missed();
  covered_to_wall_us_ = record->ended_wall_us;
  covered_life_ = node_id_;
  auto served =
      hand_over(pack(*node_, *record, std::move(aggregates), texts_stored_, lists_stored_));
  ++taken_;
  ++snapshots_in_epoch_;
  pause_ = kFirstPause;
  if (plan_.all_nodes) see_others();
  return served;
}

// To be stored. Where that takes long, the connection is served meanwhile.
Expected<void> Session::hand_over(Batch batch) {
  Expected<void> served;
  while (!storing_.put(batch, served ? milliseconds(0) : kStopCheck)) {
    if (served) served = serve_for(kStopCheck);
  }
  return served;
}

// The node's ticks are answered inside.
Expected<void> Session::serve_for(milliseconds time) {
  auto late = asker_->next(time);
  if (!late && late.error().code != Error::Code::kTimeout) return tl::unexpected(late.error());
  return {};
}

void Session::begin_epoch_if_due() {
  const auto need = storing_.take_need(node_id_);
  if (need == Storing::Need::kNothing && snapshots_in_epoch_ < kSnapshotsPerEpoch) return;
  if (need == Storing::Need::kEverything) {
    for (Rows& rows : node_->tables) rows.mark_all_changed();
  }
  epoch_ = number_ + 1;
  snapshots_in_epoch_ = 0;
  node_->start_epoch();
  texts_stored_ = lists_stored_ = 0;
}

// Microseconds of the node after which a snapshot leaves who was never read for the next one. A
// single one has no next.
std::int64_t Session::longest_filling() const {
  if (!filling_ || plan_.count == 1) return std::numeric_limits<std::int64_t>::max();
  const std::chrono::duration<double, std::micro> share = plan_.interval * kFirstBudget;
  return std::max(kShortestFilling.count(), static_cast<std::int64_t>(share.count()));
}

// Moves due_ to the next grid point that the budget allows. Returns the microseconds till then,
// from when it was due (or from `began`, if it was taken before it was due). What it cost is an
// upper bound of what our workers took from the schedulers (Question::most_per_row).
std::int64_t Session::plan_next(Clock::time_point began, const SnapshotRecord& record) {
  const bool reads_all = taken_ == 0 || record.filling;
  const double budget = reads_all ? std::max(kFirstBudget, plan_.budget) : plan_.budget;
  const auto after = [&](double share) {
    using Pause = std::chrono::duration<double, std::micro>;
    const auto pause =
        std::min<Pause>(Pause(static_cast<double>(record.target_us) / share), kLongestStretch);
    return std::max(Clock::now(), began + std::chrono::duration_cast<Clock::duration>(pause));
  };
  soonest_ = after(std::max(kFirstBudget, plan_.budget));
  const auto earliest = after(budget);
  const auto from = std::min(due_, began);
  if (due_ <= earliest) due_ += ((earliest - due_) / plan_.interval + 1) * plan_.interval;
  return std::chrono::duration_cast<std::chrono::microseconds>(due_ - from).count();
}

void Session::see_others() const {
  const Rows& rows = node_->rows(connection_table());
  const std::size_t type = connection_table().index_of("type");
  for (std::size_t slot = 0; slot < rows.slots(); ++slot) {
    if (!rows.occupied(slot) || is_missing(rows.get(slot, type))) continue;
    if (node_->interner->text_of(rows.get(slot, type)) != "visible") continue;
    board_.saw(std::string(node_->interner->text_of(rows.get(slot, 0))));
  }
}

// Connects again. False if there was no time for that. The pauses become longer until a snapshot
// has been taken.
bool Session::come_back(Error& lost) {
  const std::int64_t before = node_id_;
  const auto since = Clock::now();
  const std::string first = lost.message;
  if (!should_end()) board_.tell(first + "; connecting again");
  hang_up();
  if (was_reached()) {
    static_cast<void>(storing_.with_writer([&](Writer& writer) -> Expected<void> {
      writer.end_epoch(before);
      return {};
    }));
  }
  do {
    was_given_up_ = role_ == Role::kSeen && Clock::now() - since > plan_.given_up_after;
    if (was_given_up_ || !sleep(pause_)) {
      miss(before, lost.message);
      return false;
    }
    if (pause_ == kLongestPause) is_out_of_reach_ = true;
    pause_ = std::min(pause_ * 2, kLongestPause);
  } while (!try_again(first, lost));
  is_out_of_reach_ = false;
  const bool restarted = before != 0 && before != node_id_;
  miss(before != 0 ? before : node_id_, lost.message);
  board_.tell(fmt::format("{} is {}{}", name_, before != 0 ? "back" : "there",
                          restarted ? ", restarted" : ""));
  while (due_ < Clock::now()) due_ += plan_.interval;
  return true;
}

// That a node is not there says nothing new; another reason, as its new cookie, is told once.
Expected<void> Session::try_again(const std::string& first, Error& lost) {
  auto attached = attach(connect_(name_));
  if (attached) return attached;
  const Error& why = attached.error();
  const bool is_absence = why.code == Error::Code::kNotFound || why.code == Error::Code::kClosed ||
                          why.code == Error::Code::kTimeout;
  const std::string both = first + "; " + why.message;
  if (!is_absence && why.message != first && lost.message != both) {
    lost.message = both;
    board_.tell(why.message);
  }
  return attached;
}

// False if it was told to stop or the recording's time was over before the end of the pause.
bool Session::sleep(milliseconds pause) const {
  const auto until = Clock::now() + pause;
  for (;;) {
    const auto now = Clock::now();
    if (should_end() || (plan_.duration && now - board_.began() >= *plan_.duration)) return false;
    if (now >= until) return true;
    std::this_thread::sleep_for(std::min<Clock::duration>(until - now, kStopCheck));
  }
}

// Of a node that the file already tells of nothing is recorded from there on.
void Session::miss_since_earlier() {
  if (!earlier_ || earlier_->life.covered_to_wall_us == 0) return;
  covered_life_ = earlier_->life.covered_life;
  missed_ = {covered_life_, covered_to_wall_us_, earlier_->why_nothing_since, {}};
  covered_to_wall_us_ = earlier_->life.covered_to_wall_us;
}

// Nothing is recorded from the last snapshot till now. Of a node that the file knows nothing of,
// and that was not reached, nothing is missing.
void Session::miss(std::int64_t node, const std::string& reason) {
  if (!missed_ && node == 0) return;
  if (!missed_) missed_.emplace().node = node;
  missed_->to_wall_us = wall_now_us();
  missed_->reason = reason;
}

void Session::store_missed() {
  if (!missed_) return;
  std::string reason = missed_->first;
  const auto add = [&](const std::string& what) {
    if (!what.empty()) reason += reason.empty() ? what : "; " + what;
  };
  add(missed_->reason);
  if (node_id_ != 0 && node_id_ != missed_->node) add("the node was restarted");
  storing_.add_gap({missed_->node, std::min(covered_to_wall_us_, missed_->to_wall_us),
                    missed_->to_wall_us, std::move(reason)});
  covered_to_wall_us_ = missed_->to_wall_us;
  covered_life_ = missed_->node;
  missed_.reset();
}

}  // namespace beamtape
