#pragma once

#include <array>
#include <functional>
#include <vector>

#include "recorder/collect/answered_rows.h"
#include "recorder/collect/collector.h"
#include "recorder/collect/row_reader.h"

namespace beamtape {

// The exact incremental capture of all processes: a census of everybody without touching anybody,
// a detail of those that are new or ran since their last one, the identity of the new ones,
// and the dear items of a few suspects. See "Capturing" in ARCHITECTURE.md.
class Processes : public Collector {
 public:
  explicit Processes(const RecordedNode& node);

  std::vector<std::pair<const Question*, Bytes>> questions(const RecordedNode& node) const override;
  void begin(RecordedNode& node, Inquiry& inquiry) override;
  std::size_t answer(const Answer& answer, RecordedNode& node) override;
  void over(const Question& question, Missing reason, RecordedNode& node) override;
  void follow_up(RecordedNode& node, Inquiry& inquiry) override;

 private:
  // The questions about given processes. Each has its own items.
  enum Reading {
    kDetail,
    kLongMailbox,
    kWide,
    kWideLists,
    kSuspects,
    kPlainIdentity,  // without the dictionary
    kIdentity,
    kReadings
  };

  // Positions of the columns that this code decides by.
  struct Columns {
    explicit Columns(const Table& table);
    std::size_t first_seen, detail_at, reductions, message_queue_len, status, heap_size, memory,
        total_heap_size, group_leader, registered_name, initial_call, dictionary_initial_call,
        ancestors, label, suspect_at, binary;
  };
  // Slots waiting for a question, and those that it is being asked about.
  struct Work {
    std::vector<std::uint32_t> slots;
    std::vector<std::uint32_t> under_way;
    std::size_t answered = 0;  // rows so far: the next answer is most likely about this one
    bool asked = false;
  };

  // census.cc
  void read_list(const Answer& answer);
  std::size_t read_census(const Answer& answer, RecordedNode& node);
  void take_census_row(Cell pid, RecordedNode& node);
  void start_row(std::size_t slot, RecordedNode& node);
  bool may_run(std::size_t slot, RecordedNode& node);
  void census_missed(const Answer& answer, RecordedNode& node);
  void sweep(Missing reason, RecordedNode& node);
  // detail.cc
  void want_detail(std::size_t slot, RecordedNode& node);
  std::size_t read_detail(Reading reading, const Answer& answer, RecordedNode& node);
  void mark_long_mailbox(std::size_t slot, RecordedNode& node);
  void take_detail(Reading reading, std::size_t slot, RecordedNode& node);
  bool is_stale(Reading reading, std::size_t slot, const RecordedNode& node) const;
  // identity.cc
  bool needs_identity(std::size_t slot, RecordedNode& node) const;
  void note_identity_asked(std::size_t slot, RecordedNode& node) const;
  bool has_large_heap(std::size_t slot, RecordedNode& node) const;
  void leave_dictionary(std::size_t slot, RecordedNode& node);
  std::size_t read_identity(const Answer& answer, RecordedNode& node);
  void take_identity(std::size_t slot, RecordedNode& node);
  // suspects.cc
  void choose_suspects(RecordedNode& node);
  void forget_bystander(RecordedNode& node);
  std::size_t read_suspects(const Answer& answer, RecordedNode& node);
  std::size_t read_plain_identity(const Answer& answer, RecordedNode& node);
  // processes.cc
  static const Question& question_of(Reading reading);
  void ask_waiting(Reading reading, RecordedNode& node, Inquiry& inquiry);
  bool must_wait(Reading reading, std::size_t slot, const RecordedNode& node) const;
  // Calls `take` for each process of the answer that still has a row: with what it answered in
  // row_, and whether it lived. Returns the rows in the answer.
  std::size_t read_rows(Reading reading, const Answer& answer, RecordedNode& node,
                        const std::function<void(std::size_t slot, bool lives)>& take);
  // The row of the process that the next answer is about.
  std::optional<std::size_t> answered_slot(Reading reading, Cell pid, const RecordedNode& node);
  std::size_t missed(Reading reading, const Answer& answer, RecordedNode& node);
  void give_up(Reading reading, Missing reason, RecordedNode& node);
  void quarantine(std::size_t slot, RecordedNode& node);
  // Says why what the reading would have brought is not there.
  void mark(Reading reading, std::size_t slot, Missing why, RecordedNode& node);
  // We touched the process once more: its base moves only if it had not run since its detail.
  static void touched(ProcessTrack& track, Cell reported);

  Columns at_;
  RowReader census_;
  std::array<RowReader, kReadings> readers_;
  std::array<Work, kReadings> work_;
  std::vector<std::size_t> identity_columns_;  // all that the identity question brings
  std::vector<Cell> row_;                      // scratch: one cell per column
  std::vector<Cell> quarantined_;              // pids that the census leaves out
  std::array<Cell, 4> busy_statuses_ = {};     // text ids
  const void* busy_statuses_of_ = nullptr;     // the interner that they belong to
  std::vector<Bytes> parts_;                   // of a census at the process limit, to be asked
  std::size_t parts_under_way_ = 0;
  Missing census_failure_ = Missing::kNone;
  bool census_over_ = false;
};

// By column, the cells of a process of which only the key is known yet.
const std::vector<Cell>& unread_process();

// Snapshots within which every process is read in detail again, whether it ran or not.
inline constexpr std::int64_t kRotation = 64;

// Each stands in the file that reads its answers.
extern const Question kCensusQuestion, kCensusListQuestion, kCensusPartQuestion;
extern const Question kIdentityQuestion;
extern const std::array<Question, 6> kDetailQuestions;  // by Processes::Reading, but identity

}  // namespace beamtape
