# Sourced by scripts/test-counting.sh: while the tests of one stage run, what the next stages need is built beside them. Tests wait
# most of the time; this gets the processors only where nothing else wants them.
#
# stages_ahead: the stages of scripts/test that come next, in their order.
ahead_pid=

# The preset and the target that a stage needs; nothing where it has to prepare more than that.
needed_build() {
  case "$1" in
    release | dev | asan) echo "$1" all ;;
    tsan) if [ "${PERSONA_TESTS:-}" = all ]; then echo tsan all; else echo tsan threaded; fi ;;
    windows) [ ! -e "$(scripts/setup-windows --print-prefix)/.complete" ] || echo windows all ;;
  esac
}

build_in_turn() { # build_in_turn PRESET: without this one, whose tests run there
  local stage preset target idle=(nice -n 19)
  ! chrt --idle 0 true 2>/dev/null || idle=(chrt --idle 0)
  for stage in $stages_ahead; do
    read -r preset target < <(needed_build "$stage") || continue
    [ "$preset" = "$1" ] || CMAKE_BUILD_PARALLEL_LEVEL=$(nproc) "${idle[@]}" scripts/build "$preset" "$target"
  done
}

build_ahead() { # build_ahead PRESET: begins it
  [ -n "${stages_ahead:-}" ] || return 0
  export -f build_in_turn needed_build
  exec 9>build/ahead.lock
  flock 9 # until the last process that it starts has ended
  # In a session of its own, by whose process group it is ended. Where the kernel weighs sessions before it looks at processes
  # (autogroup, sched(7)), this one weighs the least: a server that a test starts is in another one too.
  setsid bash -c 'echo 19 >/proc/$$/autogroup; build_in_turn "$1"' - "$1" </dev/null >build/ahead.log 2>&1 &
  ahead_pid=$!
  exec 9>&-
}

# Ends it where it is. The stage itself builds what is left, and tells what failed.
end_build_ahead() {
  [ -n "$ahead_pid" ] || return 0
  kill -- "-$ahead_pid" 2>/dev/null
  wait "$ahead_pid" 2>/dev/null
  flock build/ahead.lock true
  ahead_pid=
}
