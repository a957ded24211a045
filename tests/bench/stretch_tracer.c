// A tracer (module erl_tracer) that measures how long each process and port keeps a scheduler
// without a break, in CPU time of the scheduler's own thread. It is called on that thread, when the
// scheduler takes one in and when it puts it out.
//
// What other threads do with the processor meanwhile is not in CPU time, but what a machine below a
// virtual one takes is, unless it tells the kernel so. Therefore the thread is interrupted after
// every kPeriod of its CPU time (a software event of perf_event_open(2); it tells when that was,
// what the thread had used so far and in which mode it was). An interrupt that is late by as much
// again means that nothing ran on this processor: a kernel seldom holds interrupts back for more
// than 0.1 ms. That lateness is the machine's and taken off; less than kPeriod of it is not seen.
// The machine may also be late because it has to find a page that we touch: so both are told, with
// it and without. A kernel that does not permit this (kernel.perf_event_paranoid above 1, without
// CAP_PERFMON) leaves all as it is.
//
// Such a machine may also let one instruction of the kernel not get done while it lets interrupts
// through: one that writes a page table that it keeps a shadow of, one that touches a page that it
// has to find first. So the processor's registers are told, too. An interrupt that finds the kernel
// in kMemoryFunctions with all registers as the interrupt before left them, tells of the machine's
// time; it is not looked for elsewhere, where the kernel may wait for a lock, and on other
// processors than x86-64.
//
// Not in a stretch: what the node does after a process has ended, with its memory.

#include <erl_nif.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kPlaceSize = 200, kRingPages = 16, kMostThreads = 256, kMostRanges = 32 };

// In nanoseconds. Stretches are counted from kLong and kTooLong on.
static const unsigned long long kPeriod = 500000, kShort = 50000, kLong = 5000000,
                                kTooLong = 20000000;

// CPU time in nanoseconds.
struct stretch {
  unsigned long long took;
  unsigned long long machine;  // of this, what the machine took
  unsigned long long kernel;   // of what is left, in kernel mode
};

struct stretches {
  unsigned long long longest;          // ns, without what the machine took
  unsigned long long longest_with_it;  // ns
  unsigned long long longest_own;      // ns, in user mode
  char from[kPlaceSize], to[kPlaceSize];
  unsigned long long all;  // ns, of all together, with what the machine took
  unsigned over_5_ms, over_20_ms;
};

// [1]: within processes/0, which nobody can divide.
static struct stretches seen[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#ifdef __x86_64__
// All but flags and segments: the instruction pointer is kInstruction of them.
static const unsigned long long kRegisters = 0xff01ff;
enum { kRegisterCount = 17, kInstruction = 8 };
#else
static const unsigned long long kRegisters = 0;
enum { kRegisterCount = 0, kInstruction = 0 };
#endif

// Where the names of the kernel's functions begin that set one entry of a page table or clear one
// page.
static const char* const kMemoryFunctions[] = {"native_set_p", "clear_page_rep", "clear_page_orig",
                                               "clear_page_erms"};
// Where they are, as far as the kernel tells; written when the module is loaded.
struct range {
  unsigned long long from, to;
};
static struct range ranges[kMostRanges];
static int range_count;

// What follows is under the mutex, too.
static int is_permitted = 1;      // to interrupt the threads
static unsigned times_on;         // how often it has been switched on
static int events[kMostThreads];  // of all threads
static int event_count;

// The interrupts of a thread.
struct interrupts {
  int state;  // 0 not opened yet, -1 not permitted, 1 open
  int event;
  unsigned times_on;                                 // when its records were used up last
  struct perf_event_mmap_page* page;                 // says where the ring of records is
  unsigned long long used;                           // CPU time of the thread when it came last; ns
  unsigned long long registers[kRegisterCount + 1];  // then; the last is always 0
};
static _Thread_local struct interrupts interrupts;

static _Thread_local unsigned long long began;  // 0: nothing is in
static _Thread_local char began_in[kPlaceSize];

static void find_memory_functions(void) {
  FILE* symbols = fopen("/proc/kallsyms", "r");
  char name[kPlaceSize];
  unsigned long long address;
  int is_open = 0;  // the last range waits for its end
  if (symbols == NULL) return;
  while (fscanf(symbols, "%llx %*c %199s%*[^\n]", &address, name) == 2) {
    size_t at;
    if (is_open && address > ranges[range_count - 1].from) {
      ranges[range_count - 1].to = address;
      is_open = 0;
    }
    for (at = 0; at < sizeof(kMemoryFunctions) / sizeof(*kMemoryFunctions); ++at) {
      if (address == 0 || range_count == kMostRanges || is_open) break;
      if (strncmp(name, kMemoryFunctions[at], strlen(kMemoryFunctions[at])) != 0) continue;
      ranges[range_count].from = ranges[range_count].to = address;
      ++range_count;
      is_open = 1;
    }
  }
  fclose(symbols);
}

static int is_in_memory_function(unsigned long long address) {
  int at;
  for (at = 0; at < range_count; ++at) {
    if (address >= ranges[at].from && address < ranges[at].to) return 1;
  }
  return 0;
}

static void try_to_open(struct interrupts* own) {
  const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
  struct perf_event_attr attributes;
  void* mapped;
  memset(&attributes, 0, sizeof(attributes));
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.sample_period = kPeriod;
  attributes.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_READ;
  if (kRegisters != 0) {
    attributes.sample_type |= PERF_SAMPLE_REGS_INTR;
    attributes.sample_regs_intr = kRegisters;
  }
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  own->state = -1;
  if (event_count == kMostThreads) return;
  own->event = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (own->event < 0) return;
  mapped =
      mmap(NULL, (1 + kRingPages) * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, own->event, 0);
  if (mapped == MAP_FAILED) {
    close(own->event);
    return;
  }
  own->page = mapped;
  own->state = 1;
  events[event_count++] = own->event;
}

static void open_interrupts(struct interrupts* own) {
  pthread_mutex_lock(&mutex);
  try_to_open(own);
  if (own->state != 1) is_permitted = 0;
  pthread_mutex_unlock(&mutex);
}

static unsigned long long time_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec;
}

// Asking for CPU time is a call into the kernel, the time of day is not: with interrupts that tell
// both the latter is enough.
static unsigned long long now(void) {
  if (interrupts.state == 0) open_interrupts(&interrupts);
  return time_of(interrupts.state == 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID);
}

static unsigned long long used_up_to_now(void) {
  unsigned long long count = 0;
  return read(interrupts.event, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static unsigned long long last_record(void) {
  return __atomic_load_n(&interrupts.page->data_head, __ATOMIC_ACQUIRE);
}
static void use_up(unsigned long long head) {
  __atomic_store_n(&interrupts.page->data_tail, head, __ATOMIC_RELEASE);
}

// A stretch begins. Whatever came while all was off, or did not fit in, is left out.
static unsigned long long begin_stretch(void) {
  const unsigned long long since = now();
  const unsigned on = __atomic_load_n(&times_on, __ATOMIC_RELAXED);
  if (interrupts.state == 1 && interrupts.times_on != on) {
    interrupts.times_on = on;
    use_up(last_record());
    interrupts.used = used_up_to_now();
  }
  return since;
}

// Eight bytes of the ring. Records are multiples of eight bytes, as the ring is: no field lies
// across its end.
static unsigned long long in_ring(unsigned long long at) {
  const struct perf_event_mmap_page* page = interrupts.page;
  return *(const unsigned long long*)((const char*)page + page->data_offset + at % page->data_size);
}

// Whether the registers in the record at `at` are those of the interrupt before, in a memory
// function. Keeps them for the next one.
static int stands_still(unsigned long long at) {
  const unsigned long long is_given = in_ring(at + 24);
  int is_same = kRegisterCount > 0 && is_given != 0, one;
  for (one = 0; one < kRegisterCount && is_given; ++one) {
    const unsigned long long value = in_ring(at + 32 + 8 * (unsigned long long)one);
    is_same &= value == interrupts.registers[one];
    interrupts.registers[one] = value;
  }
  return is_same && is_in_memory_function(interrupts.registers[kInstruction]);
}

// Adds the CPU time that an interrupt tells of. is_known: the one before it is, so it may be late.
static void add_part(struct stretch* sum, unsigned long long part, int in_kernel, int is_still,
                     int is_known) {
  sum->took += part;
  if (is_still) {
    sum->machine += part;
    part = 0;
  } else if (is_known && part > 2 * kPeriod) {
    sum->machine += part - kPeriod;
    part = kPeriod;
  }
  if (in_kernel) sum->kernel += part;
}

// The stretch that began at `since`, as the interrupts since then tell it; uses up their records.
static struct stretch end_stretch(unsigned long long since) {
  const unsigned long long ended = now();
  unsigned long long at, head, size, last = since, rest;
  int is_known = 1;
  struct stretch sum = {ended - since, 0, 0};
  if (interrupts.state != 1) return sum;
  sum.took = 0;
  head = last_record();
  for (at = interrupts.page->data_tail; at < head; at += size) {
    const unsigned long long first = in_ring(at), when = in_ring(at + 8), used = in_ring(at + 16);
    struct perf_event_header header;
    int is_still;
    memcpy(&header, &first, sizeof(header));
    size = header.size;
    if (header.type != PERF_RECORD_SAMPLE) {
      is_known = 0;  // lost or throttled: what comes next is not late
      continue;
    }
    is_still = stands_still(at);
    if (when > since && when <= ended) {
      const unsigned long long part = used - interrupts.used;
      add_part(&sum, part > when - last ? when - last : part,
               (header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL, is_still,
               is_known);
      last = when;
    }
    interrupts.used = used;
    is_known = 1;
  }
  use_up(head);
  rest = ended - last;
  if (rest > kShort) {
    const unsigned long long used = used_up_to_now() - interrupts.used;
    if (used < rest) rest = used;
  }
  sum.took += rest;
  return sum;
}

static void put_out(ERL_NIF_TERM place) {
  const struct stretch stretch = end_stretch(began);
  const unsigned long long took = stretch.took - stretch.machine;
  char ended_in[kPlaceSize];
  struct stretches* of;
  enif_snprintf(ended_in, sizeof(ended_in), "%T", place);
  of = &seen[strstr(began_in, "ptab_list_continue") || strstr(ended_in, "ptab_list_continue")];
  pthread_mutex_lock(&mutex);
  of->all += stretch.took;
  of->over_5_ms += took > kLong;
  of->over_20_ms += took > kTooLong;
  if (stretch.took > of->longest_with_it) of->longest_with_it = stretch.took;
  if (took - stretch.kernel > of->longest_own) of->longest_own = took - stretch.kernel;
  if (took > of->longest) {
    of->longest = took;
    strcpy(of->from, began_in);
    strcpy(of->to, ended_in);
  }
  pthread_mutex_unlock(&mutex);
}

static ERL_NIF_TERM enabled(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  (void)argc, (void)argv;
  return enif_make_atom(env, "trace");
}

// trace(Tag, State, Who, Place, Options)
static ERL_NIF_TERM trace(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  char tag[20] = "";
  (void)argc;
  enif_get_atom(env, argv[0], tag, sizeof(tag), ERL_NIF_LATIN1);
  if (strncmp(tag, "in", 2) == 0) {
    enif_snprintf(began_in, sizeof(began_in), "%T", argv[3]);
    began = begin_stretch();
  } else if (strncmp(tag, "out", 3) == 0 && began != 0) {
    put_out(argv[3]);
    began = 0;
  }
  return enif_make_atom(env, "ok");
}

// seen(0 or 1): {Longest, LongestWithMachine, LongestOwn, From, To, All, Over5ms, Over20ms,
// IsPermitted} since it was asked last; the first three and All in microseconds, and IsPermitted is
// 0 where a thread could not be interrupted.
static ERL_NIF_TERM seen_since(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int which;
  int permitted;
  struct stretches found;
  if (argc != 1 || !enif_get_int(env, argv[0], &which) || which < 0 || which > 1) {
    return enif_make_badarg(env);
  }
  pthread_mutex_lock(&mutex);
  permitted = is_permitted;
  found = seen[which];
  memset(&seen[which], 0, sizeof(found));
  pthread_mutex_unlock(&mutex);
  return enif_make_tuple(env, 9, enif_make_uint64(env, found.longest / 1000),
                         enif_make_uint64(env, found.longest_with_it / 1000),
                         enif_make_uint64(env, found.longest_own / 1000),
                         enif_make_string(env, found.from, ERL_NIF_LATIN1),
                         enif_make_string(env, found.to, ERL_NIF_LATIN1),
                         enif_make_uint64(env, found.all / 1000),
                         enif_make_uint(env, found.over_5_ms),
                         enif_make_uint(env, found.over_20_ms), enif_make_int(env, permitted));
}

// interrupt(1 or 0): whether threads are interrupted. It costs them as much time as it takes.
static ERL_NIF_TERM interrupt(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int on, at;
  if (argc != 1 || !enif_get_int(env, argv[0], &on)) return enif_make_badarg(env);
  pthread_mutex_lock(&mutex);
  __atomic_fetch_add(&times_on, (unsigned)on, __ATOMIC_RELAXED);
  for (at = 0; at < event_count; ++at) {
    ioctl(events[at], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
  }
  pthread_mutex_unlock(&mutex);
  return enif_make_atom(env, "ok");
}

static ErlNifFunc functions[] = {{"enabled", 3, enabled, 0},
                                 {"trace", 5, trace, 0},
                                 {"seen", 1, seen_since, 0},
                                 {"interrupt", 1, interrupt, 0}};

static int load(ErlNifEnv* env, void** data, ERL_NIF_TERM info) {
  (void)env, (void)data, (void)info;
  find_memory_functions();
  return 0;
}

ERL_NIF_INIT(capture_target, functions, load, NULL, NULL, NULL)
