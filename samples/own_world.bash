# Sourced by scripts that start nodes: a home folder, a cookie and an epmd of the script alone, so
# that nothing of the user's is read, made or in the way, and nobody else reaches the nodes.
# Expects $scratch, a folder that the script removes, and die STATUS MESSAGE.

# Makes $scratch the home folder, with a new cookie in it.
own_home() {
  export HOME=$scratch
  (umask 077 && head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$HOME/.erlang.cookie")
}

# Starts an epmd on a free port of the loopback interface and puts its process id into epmd_pid.
own_epmd() {
  local tries waited
  export ERL_EPMD_ADDRESS=127.0.0.1
  for ((tries = 0; tries < 20; tries++)); do
    export ERL_EPMD_PORT=$((20000 + RANDOM % 20000))
    # One that answers already is somebody else's.
    if epmd -names >/dev/null 2>&1; then continue; fi
    epmd >"$scratch/epmd.log" 2>&1 &
    epmd_pid=$!
    for ((waited = 0; waited < 50; waited++)); do
      if epmd -names >/dev/null 2>&1 && kill -0 "$epmd_pid" 2>/dev/null; then return; fi
      kill -0 "$epmd_pid" 2>/dev/null || break
      sleep 0.1
    done
    end_process "$epmd_pid"
    epmd_pid=''
  done
  die 1 "cannot start epmd: $(tail -n 1 "$scratch/epmd.log")"
}

# Ends a child of the script and waits for it, gently for 20 seconds; no harm if it has ended or
# was never started.
end_process() {
  local waited
  [[ -n $1 ]] && kill -TERM "$1" 2>/dev/null || return 0
  for ((waited = 0; waited < 200; waited++)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
