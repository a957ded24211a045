// Native functions of live_victims: each keeps the scheduler that it runs on for some milliseconds,
// as a library call that does not return would.

#include <erl_nif.h>
#include <time.h>

static ERL_NIF_TERM hold(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  unsigned long milliseconds;
  struct timespec left;
  if (argc != 1 || !enif_get_ulong(env, argv[0], &milliseconds)) return enif_make_badarg(env);
  left.tv_sec = (time_t)(milliseconds / 1000);
  left.tv_nsec = (long)(milliseconds % 1000) * 1000000;
  while (nanosleep(&left, &left) != 0) {
  }
  return enif_make_atom(env, "ok");
}

static ErlNifFunc functions[] = {{"hold_scheduler", 1, hold, 0},
                                 {"hold_dirty", 1, hold, ERL_NIF_DIRTY_JOB_CPU_BOUND}};

ERL_NIF_INIT(live_victims, functions, NULL, NULL, NULL, NULL)
