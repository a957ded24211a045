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

struct stretch {
  unsigned long long ns;
  char from[kPlaceSize], to[kPlaceSize];
};

// [1]: within processes/0, which nobody can divide.
static struct stretch longest[2];
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
  struct stretch* most;
  enif_snprintf(ended_in, sizeof(ended_in), "%T", place);
  most = &longest[strstr(began_in, "ptab_list_continue") || strstr(ended_in, "ptab_list_continue")];
  pthread_mutex_lock(&mutex);
  if (took > most->ns) {
    most->ns = took;
    strcpy(most->from, began_in);
    strcpy(most->to, ended_in);
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

// longest_of(0 or 1): {Microseconds, From, To} since it was asked last.
static ERL_NIF_TERM longest_since(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int which;
  struct stretch found;
  if (argc != 1 || !enif_get_int(env, argv[0], &which) || which < 0 || which > 1) {
    return enif_make_badarg(env);
  }
  pthread_mutex_lock(&mutex);
  found = longest[which];
  memset(&longest[which], 0, sizeof(found));
  pthread_mutex_unlock(&mutex);
  return enif_make_tuple3(env, enif_make_uint64(env, found.ns / 1000),
                          enif_make_string(env, found.from, ERL_NIF_LATIN1),
                          enif_make_string(env, found.to, ERL_NIF_LATIN1));
}

static ErlNifFunc functions[] = {
    {"enabled", 3, enabled, 0}, {"trace", 5, trace, 0}, {"longest_of", 1, longest_since, 0}};

ERL_NIF_INIT(capture_target, functions, NULL, NULL, NULL, NULL)
