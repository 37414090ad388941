# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of the terminal program share: the program, a helper that needs
# no kernel, and a recording made with it. Needs PS_BUILD. Sourced after tap.sh.

PS_BUILD=${PS_BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
pscope=$PS_BUILD/src/pscope/pscope
fake=$PS_BUILD/tests/integration/fake-helper
make_session=$PS_BUILD/tests/tools/make-session
export NO_COLOR=1 LC_ALL=C.UTF-8
unset FAKE_STREAM FAKE_REFUSE FAKE_ANSWER FAKE_AFTER COLUMNS

for ps_program in "$pscope" "$fake" "$make_session"; do
  [ -x "$ps_program" ] || skip_all "$(basename "$ps_program") is not built in $PS_BUILD"
done

scratch=$(mktemp -d)
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT

# make_stream FILE PACKETS: what a helper would send.
make_stream () {
  "$make_session" --stream --packets "$2" >"$1"
}

# fake_record ARGUMENT...: `pscope record` with the helper that needs no kernel.
fake_record () {
  PACKETSCOPE_HELPER=$fake "$pscope" record "$@"
}

# one_sentence SENTENCE TEXT: it is one line, from the program, and ends like a sentence.
one_sentence () {
  case $2 in
    *"
"*) fail "$1" "more than one line: $2" ;;
    'pscope: '*.) pass "$1" ;;
    *) fail "$1" "not a sentence: $2" ;;
  esac
}
