# Sourced by scripts/test, scripts/test-windows and scripts/test-debian13: what passed and what failed.
. scripts/build-ahead.sh
passed=0 failed=0 failures=()

say() { printf '\n== %s\n' "$*"; }

count() { # count NAME STATUS
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    failures+=("$1")
  fi
}

run_tests() { # run_tests PRESET [TARGET [CTEST_ARGUMENT...]]: builds it (or that), and runs what the arguments select
  local preset=$1 target=${2:-all} log=build/$1/tests.xml began=$SECONDS
  shift $(($# < 2 ? $# : 2))
  say "$preset: build"
  if ! scripts/build "$preset" "$target"; then
    count "$preset: build" 1
    return
  fi
  echo "built in $((SECONDS - began)) s"
  say "$preset: ${*:-unit and integration tests}"
  rm -f "$log"
  build_ahead "$preset"
  # Integration tests wait most of the time.
  ctest --test-dir "build/$preset" "$@" -j "$((2 * $(nproc)))" --output-on-failure --no-tests=error --output-junit "$PWD/$log" \
    2>&1 | grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#[0-9]+: unit.* Passed)'
  end_build_ahead
  local total good
  total=$(grep -c '<testcase ' "$log" 2>/dev/null)
  good=$(grep -c '<testcase [^>]*status="run"' "$log" 2>/dev/null)
  [ "${total:-0}" -gt 0 ] || { count "$preset: no tests ran" 1; return; }
  passed=$((passed + good))
  failed=$((failed + total - good))
  while read -r name; do failures+=("$preset: $name"); done < <(
    grep '<testcase ' "$log" | grep -v 'status="run"' | sed 's/.*<testcase name="\([^"]*\)".*/\1/')
}

tell() { # the closing line; fails unless something passed and nothing failed
  if [ "$failed" -gt 0 ]; then
    say "failed"
    printf '%s\n' "${failures[@]}"
  fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
