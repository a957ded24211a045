// A tracer (module erl_tracer) that measures how long each process and port keeps a scheduler
// without a break, in CPU time of the scheduler's own thread: what other threads do with the
// processor meanwhile is not in it, but what a machine below a virtual one takes is. It is called
// on that thread, when the scheduler takes one in and when it puts it out.

#include <erl_nif.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { kPlaceSize = 200 };

// Stretches are counted from here on.
static const unsigned long long kLong = 5000000, kTooLong = 20000000;  // ns

struct stretches {
  unsigned long long longest;  // ns
  char from[kPlaceSize], to[kPlaceSize];
  unsigned long long all;  // ns
  unsigned over_5_ms, over_20_ms;
};

// [1]: within processes/0, which nobody can divide.
static struct stretches seen[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local unsigned long long began;  // 0: nothing is in
static _Thread_local char began_in[kPlaceSize];

static unsigned long long own_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec;
}

static void put_out(unsigned long long took, ERL_NIF_TERM place) {
  char ended_in[kPlaceSize];
  struct stretches* of;
  enif_snprintf(ended_in, sizeof(ended_in), "%T", place);
  of = &seen[strstr(began_in, "ptab_list_continue") || strstr(ended_in, "ptab_list_continue")];
  pthread_mutex_lock(&mutex);
  of->all += took;
  of->over_5_ms += took > kLong;
  of->over_20_ms += took > kTooLong;
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
    began = own_time();
  } else if (strncmp(tag, "out", 3) == 0 && began != 0) {
    put_out(own_time() - began, argv[3]);
    began = 0;
  }
  return enif_make_atom(env, "ok");
}

// seen(0 or 1): {Longest, From, To, All, Over5ms, Over20ms} since it was asked last; microseconds.
static ERL_NIF_TERM seen_since(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int which;
  struct stretches found;
  if (argc != 1 || !enif_get_int(env, argv[0], &which) || which < 0 || which > 1) {
    return enif_make_badarg(env);
  }
  pthread_mutex_lock(&mutex);
  found = seen[which];
  memset(&seen[which], 0, sizeof(found));
  pthread_mutex_unlock(&mutex);
  return enif_make_tuple(
      env, 6, enif_make_uint64(env, found.longest / 1000),
      enif_make_string(env, found.from, ERL_NIF_LATIN1),
      enif_make_string(env, found.to, ERL_NIF_LATIN1), enif_make_uint64(env, found.all / 1000),
      enif_make_uint(env, found.over_5_ms), enif_make_uint(env, found.over_20_ms));
}

static ErlNifFunc functions[] = {
    {"enabled", 3, enabled, 0}, {"trace", 5, trace, 0}, {"seen", 1, seen_since, 0}};

ERL_NIF_INIT(capture_target, functions, NULL, NULL, NULL, NULL)
