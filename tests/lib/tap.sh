# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a test in shell says, as the Test Anything Protocol. Every sentence tells
# what the program does; `plan` at the end says how many there were.

tap_count=0
tap_failed=0

pass () {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1"
}

# fail SENTENCE [WHY]
fail () {
  tap_count=$((tap_count + 1))
  tap_failed=$((tap_failed + 1))
  echo "not ok $tap_count - $1"
  [ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# skip SENTENCE REASON
skip () {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

# Nothing of this file can be tried here.
skip_all () {
  echo "1..0 # SKIP $1"
  exit 0
}

# check SENTENCE COMMAND...: the command succeeds; what it says is told if not.
check () {
  tap_sentence=$1
  shift
  if tap_said=$("$@" 2>&1); then
    pass "$tap_sentence"
  else
    fail "$tap_sentence" "$* failed ($?)
$tap_said"
  fi
}

# equal SENTENCE WANTED GOT
equal () {
  if [ "$2" = "$3" ]; then
    pass "$1"
  else
    fail "$1" "wanted: $2
got: $3"
  fi
}

# contains SENTENCE TEXT WANTED
contains () {
  case $2 in
    *"$3"*) pass "$1" ;;
    *) fail "$1" "wanted in it: $3
got: $2" ;;
  esac
}

# exits SENTENCE STATUS COMMAND...: leaves what the command said in $said.
exits () {
  tap_sentence=$1
  tap_wanted=$2
  shift 2
  tap_status=0
  said=$("$@" 2>&1) || tap_status=$?
  if [ "$tap_status" = "$tap_wanted" ]; then
    pass "$tap_sentence"
  else
    fail "$tap_sentence" "$* ended with $tap_status instead of $tap_wanted
$said"
  fi
}

plan () {
  echo "1..$tap_count"
  [ "$tap_failed" = 0 ]
}
