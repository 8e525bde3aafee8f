#!/usr/bin/env bash
# Builds PmmCrypt.sln, or with --quick what tests/quick.slnf names of it, and runs its test projects against a PostgreSQL server of its own.
#
#   bash tests/run.sh [--quick] [--second-try] [FILTER]
#
#   --quick   without the tests of Category=Slow and the projects that have no others, three projects at a time instead of two, and built
#             without the compiler's analyzers, which take half of its time
#   --second-try
#             runs up to five tests that failed again, alone; what passes then is counted as passed, and named: it is a race to be mended.
#             Not the kills, the engine's, nor what tells of a value that does not open or is another
#   FILTER    as `dotnet test --filter` takes it, for example 'FullyQualifiedName~Keyset'
#
# The last line says `N passed, N failed`, with `, N skipped` where tests were. Exits 0 only if tests ran and none failed.
# Without PostgreSQL's server programs, pgbouncer, strace, supervisor or a C compiler the tests that need them skip, unless CI=true. As root
# on Debian the programs are installed, and none of their services is started.
set -uo pipefail
set -m   # each background job is a process group, so that what a job started can be ended with it

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Not below $TMPDIR or the repository: user postgres must be able to walk in, and a socket's path may have 107 bytes only.
work=$(mktemp -d /tmp/pmmcrypt-tests.XXXXXX) || exit 1
chmod 755 "$work"
configuration=Release solution=PmmCrypt.sln second_try=''
job='' pgbin='' pgstarted='' policy='' width=2
declare -A jobs=()
properties=()

say() { printf '%s\n' "$*" >&2; }
give_up() { say "error: $1"; echo "0 passed, 1 failed"; exit 1; }

as_postgres() (   # the server refuses to run as root
  cd "$work" || exit 1
  if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
)

finish() {
  trap '' INT TERM HUP
  if [[ $job ]]; then kill -- -"$job" 2>/dev/null; fi
  for job in "${!jobs[@]}"; do kill -- -"$job" 2>/dev/null; done
  if [[ $policy ]]; then rm -f "$policy"; fi
  if [[ $pgstarted ]]; then as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background and waited for: a signal is then acted upon at once, and not when the command ends.
run() {
  "$@" </dev/null & job=$!
  wait "$job"; local code=$?
  kill -- -"$job" 2>/dev/null   # compiler servers and test hosts that outlived the command
  job=''
  return $code
}

find_server() {
  local initdb
  initdb=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n 1)
  [[ $initdb ]] || initdb=$(command -v initdb) || return 1
  pgbin=$(dirname "$(readlink -f "$initdb")")
  [[ -x $pgbin/postgres && -x $pgbin/pg_ctl ]]
}

can_install() { [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; }

# Debian's own way to say that an installation starts no service; where a machine says so already, it goes on to.
install() {
  export DEBIAN_FRONTEND=noninteractive
  local code=0
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  { apt-get update -qq; apt-get install -y -qq --no-install-recommends "$@"; } >"$work/apt.log" 2>&1 || code=$?
  if [[ $policy ]]; then rm -f "$policy"; policy=''; fi
  if ((code != 0)); then cat "$work/apt.log" >&2; fi
  return $code
}

install_server() {
  can_install || return 1
  say "Installing PostgreSQL's server programs"
  install postgresql-common || return 1
  # Between the two packages: else Debian makes a cluster of its own.
  local conf=/etc/postgresql-common/createcluster.conf
  grep -q '^create_main_cluster = false' "$conf" 2>/dev/null || echo 'create_main_cluster = false' >>"$conf"
  install postgresql
}

find_pooler() { [[ -x /usr/sbin/pgbouncer || -x /usr/bin/pgbouncer || -x /usr/local/bin/pgbouncer ]]; }

# The tests start one themselves; Debian's would be started again with the machine.
install_pooler() {
  can_install || return 1
  say "Installing pgbouncer"
  install pgbouncer || return 1
  if command -v systemctl >/dev/null; then systemctl disable pgbouncer >/dev/null 2>&1; fi
  return 0
}

# As with pgbouncer.
install_supervisor() {
  can_install || return 1
  say "Installing supervisor"
  install supervisor || return 1
  if command -v systemctl >/dev/null; then systemctl disable supervisor >/dev/null 2>&1; fi
  return 0
}

start_server() {
  local port attempt log=$work/pg/log
  mkdir "$work/pg"
  [[ $(id -u) == 0 ]] && chown postgres "$work/pg"
  as_postgres "$pgbin/initdb" -D "$work/pg/data" -A trust -U postgres -E UTF8 --no-locale --no-sync >"$work/initdb.log" 2>&1 ||
    { cat "$work/initdb.log" >&2; return 1; }
  # A port is free if the server can take it: no other way to ask is without a race. Below the range of outgoing connections.
  for ((attempt = 1; attempt <= 20; attempt++)); do
    port=$((20000 + RANDOM % 12000))
    pgstarted=1
    if as_postgres "$pgbin/pg_ctl" -D "$work/pg/data" -w -l "$log" start >/dev/null 2>&1 -o "-p $port -k $work/pg \
      -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
      -c wal_level=logical -c max_prepared_transactions=10 -c max_connections=100"
    then
      export PMMCRYPT_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
      export PMMCRYPT_TEST_PGBIN=$pgbin
      return 0
    fi
    pgstarted=''
    grep -q 'Address already in use' "$log" || break
    : >"$log"
  done
  cat "$log" >&2
  return 1
}

# Sums one attribute of the Counters of a results file.
counter() { sed -n "s/.*<Counters.* $2=\"\([0-9]*\)\".*/\1/p" "$1" | awk '{ n += $1 } END { print n + 0 }'; }

# Name and message of each failed test of a results file.
failures() {
  awk '
    function text(s) {
      gsub(/&#xD;|\r/, "", s); gsub(/&#xA;/, "\n", s); gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s)
      gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s); gsub(/&amp;/, "\\&", s); gsub(/\n/, "\n    ", s); return s
    }
    /<UnitTestResult / {
      failed = /outcome="Failed"/
      name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name)
      if (failed) print "FAILED  " text(name)
    }
    failed && /<Message>/ { message = 1; sub(/.*<Message>/, "") }
    message { end = /<\/Message>/; sub(/<\/Message>.*/, ""); print "    " text($0); if (end) message = 0 }
    /<\/UnitTestResult>/ { failed = 0; message = 0 }
  ' "$1"
}

filter=''
for argument; do
  case $argument in
    --quick) solution=tests/quick.slnf width=3 properties+=(-p:RunAnalyzers=false) filter="Category!=Slow${filter:+&($filter)}" ;;
    --second-try) second_try=1 ;;
    -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) say "error: unknown option $argument (see --help)"; exit 2 ;;
    *) filter="${filter:+$filter&}($argument)" ;;
  esac
done

command -v dotnet >/dev/null || give_up "no dotnet on PATH: install the .NET SDK that global.json names"
cd "$root" || exit 1

# What a developer's shell says about databases and keys must not reach a test.
unset "${!PG@}" "${!PMM_@}" "${!PMMCRYPT_TEST_@}"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

if find_server || { install_server && find_server; }; then
  start_server || give_up "PostgreSQL did not start"
elif [[ ${CI:-} == true ]]; then
  give_up "PostgreSQL's server programs are missing: install them (Debian: apt-get install postgresql)"
else
  say "PostgreSQL's server programs are missing, its tests are skipped (Debian: apt-get install postgresql)"
fi

if ! find_pooler && ! { install_pooler && find_pooler; }; then
  say "pgbouncer is missing, its tests are skipped or, where CI=true, fail (Debian: apt-get install pgbouncer)"
fi

# The order of the calls that make a key durable is tested on the calls.
if ! command -v strace >/dev/null && ! { can_install && say "Installing strace" && install strace; }; then
  say "strace is missing, its tests are skipped or, where CI=true, fail (Debian: apt-get install strace)"
fi

if ! command -v supervisord >/dev/null && ! install_supervisor; then
  say "supervisor is missing, its tests are skipped or, where CI=true, fail (Debian: apt-get install supervisor)"
fi

# The native file is compiled by the SDK, and linked by one of these.
find_linker() {
  [[ -e /usr/include/zlib.h ]] && command -v objcopy >/dev/null && { command -v clang || command -v gcc; } >/dev/null
}
if ! find_linker && ! { can_install && say "Installing gcc" && install gcc libc6-dev zlib1g-dev binutils; }; then
  say "gcc or zlib's headers are missing, the native file's tests are skipped or, where CI=true, fail (Debian: apt-get install gcc zlib1g-dev)"
fi

# The compiler server's id is this run's: it is ended with the build, and another build's must not be.
run dotnet build "$solution" -c "$configuration" --nologo -v quiet "-p:SharedCompilationId=pmmcrypt-$$" "${properties[@]}" ||
  give_up "the build failed"

# The tool, compiled ahead for this machine: the tests start it over a thousand times, and half of a short run goes into compiling it.
if run dotnet publish src/PmmCrypt.Tool -c "$configuration" --use-current-runtime --no-self-contained -p:PublishReadyToRun=true \
  --artifacts-path "$work/ahead" -o "$work/tool" --nologo -v quiet "-p:SharedCompilationId=pmmcrypt-$$" "${properties[@]}"
then
  export PMMCRYPT_TEST_TOOL=$work/tool/pmm-crypt
else
  say "The tool could not be compiled ahead: the tests start it as it was built, which takes them longer"
fi

# Starts the tests of a project. They are a process group of their own.
start() {
  local name results
  name=$(basename "$1" .csproj) results=$work/results/$(basename "$1" .csproj)
  mkdir -p "$results"
  echo "$1" >"$results/project"
  dotnet test "$1" -c "$configuration" --no-build --nologo ${filter:+--filter "$filter"} \
    --logger trx --logger 'console;verbosity=minimal' --results-directory "$results" \
    --blame-hang-timeout 20m --blame-hang-dump-type none \
    </dev/null >"$results/output" 2>&1 &   # a test that hangs or crashes is named, and the run goes on
  jobs[$!]=$name
}

passed=0 failed=0 skipped=0

# Waits for the tests of a project to end, and adds them up.
end() {
  local ended name results trx kind code ran=0 broken=0 total executed
  wait -n -p ended "${!jobs[@]}"
  code=$? name=${jobs[$ended]} results=$work/results/${jobs[$ended]}
  unset "jobs[$ended]"
  kill -- -"$ended" 2>/dev/null   # test hosts that outlived the command
  cat "$results/output"
  while IFS= read -r trx; do
    total=$(counter "$trx" total) executed=$(counter "$trx" executed)
    passed=$((passed + $(counter "$trx" passed))) skipped=$((skipped + total - executed)) ran=$((ran + total))
    for kind in failed error timeout aborted; do broken=$((broken + $(counter "$trx" $kind))); done
    failures "$trx" >>"$results/failures"
  done < <(find "$results" -name '*.trx')
  # A test host that crashed leaves no counter that says so; a test project without a test is a mistake too.
  if ((code != 0 && broken == 0)); then
    broken=1
    echo "FAILED  $name: dotnet test ended with exit code $code" >>"$work/broken"
  elif [[ $ran == 0 && ! $filter && $name == *Tests ]]; then
    broken=1
    echo "FAILED  $name: no test was found" >>"$work/broken"
  fi
  failed=$((failed + broken))
}

# First those that take long for their size, for they start one program after another; then the largest: none is to run alone at the end.
while IFS= read -r project; do
  while ((${#jobs[@]} >= width)); do end; done
  start "$project"
done < <(grep -o '"tests\\[^"]*\.csproj"' "$solution" | tr -d '"' | sed 's,\\\+,/,g' |
  while IFS= read -r project; do
    case $project in *.Kill.Tests.csproj | *.Packages.Tests.csproj) echo "99999999 $project" ;; *) echo "$(cat "${project%/*}"/*.cs | wc -c) $project" ;; esac
  done | sort -rn | cut -d' ' -f2-)
while ((${#jobs[@]} > 0)); do end; done

# Runs what failed again, alone. What passes then is a race, in the test or in the product: it is named, so that somebody mends it.
try_again() {
  local results names count
  for results in "$work"/results/*; do
    [[ -s $results/failures ]] || continue
    # A lost value is no race: not where kills and models look for one, and not where a failure elsewhere tells of one.
    case $(basename "$results") in PmmCrypt.Kill.Tests | PmmCrypt.Rotation.Tests) continue ;; esac
    if grep -qE 'CryptographicException|[1-9][0-9]* differences' "$results/failures"; then continue; fi
    names=$(sed -n 's/^FAILED  \([A-Za-z0-9_.+]*\).*/\1/p' "$results/failures" | sort -u)
    run dotnet test "$(cat "$results/project")" -c "$configuration" --no-build --nologo --logger 'console;verbosity=minimal' \
      --logger "trx;LogFileName=again.trx" --results-directory "$results" \
      --filter "$(sed 's/^/FullyQualifiedName=/' <<<"$names" | paste -sd '|')" || continue
    # A filter that finds nothing ends well too.
    (($(counter "$results/again.trx" passed) >= $(wc -l <<<"$names"))) || continue
    count=$(grep -c '^FAILED  ' "$results/failures")
    passed=$((passed + count)) failed=$((failed - count))
    sed 's/^FAILED  /PASSED AT THE SECOND TRY  /' "$results/failures" >"$results/races"
    rm "$results/failures"
  done
}

# More than a few are no races.
if [[ $second_try ]] && ((failed > 0 && failed <= 5)); then try_again; fi
cat "$work"/results/*/{races,failures} "$work/broken" 2>/dev/null
if ((passed + failed == 0)); then say "error: no test ran"; fi
echo "$passed passed, $failed failed$( ((skipped)) && echo ", $skipped skipped")"
((failed == 0 && passed > 0))
