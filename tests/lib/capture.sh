# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the end-to-end tests share: the built programs, a scratch folder, a small
# web server, namespaces of their own, and the look at what was recorded. Needs
# PS_BUILD, the build folder (default: build). Sourced after tap.sh.

ps_root=$(cd "$(dirname "$0")/../.." && pwd)
PS_BUILD=${PS_BUILD:-$ps_root/build}
pscope=$PS_BUILD/src/pscope/pscope
# shellcheck disable=SC2034
exchange=$PS_BUILD/tests/tools/exchange
export NO_COLOR=1 LC_ALL=C.UTF-8

scratch=$(mktemp -d)
# Its files are read by programs that give up root, tshark for one.
chmod 755 "$scratch"
at_exit=''

# later COMMAND: runs it when the test ends, the last one first.
later () {
  at_exit="$1
$at_exit"
}

# shellcheck disable=SC2317
clean_up () {
  status=$?
  trap - EXIT
  set +e
  eval "$at_exit" >/dev/null 2>&1
  rm -rf "$scratch"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# need PROGRAM...: the whole test is skipped without them.
need () {
  for ps_program; do
    command -v "$ps_program" >/dev/null || skip_all "$ps_program is missing"
  done
}

# Skips where nobody could capture; a capture that could be made and is not is a
# failure.
need_capture () {
  [ "$(id -u)" = 0 ] || skip_all 'capturing needs root'
  [ -e /sys/kernel/btf/vmlinux ] || skip_all 'this kernel has no BTF'
  ps_status=0
  ps_said=$("$pscope" record -o "$scratch/probe.pcapng" -- true 2>&1) || ps_status=$?
  # 3: root of a container may not load BPF programs.
  [ "$ps_status" != 3 ] || skip_all "$(printf '%s' "$ps_said" | head -n 1)"
  if [ "$ps_status" != 0 ]; then
    fail 'a capture can be made' "$ps_said"
    plan
    exit 1
  fi
}

# The same for the depth functions, which a kernel need not allow.
need_functions () {
  [ "$(id -u)" = 0 ] || skip_all 'capturing needs root'
  ps_status=0
  ps_said=$("$pscope" record --depth functions --function ip_rcv -o "$scratch/probe.pcapng" -- true 2>&1) ||
    ps_status=$?
  case $ps_status in
    0) ;;
    3 | 4) skip_all "$(printf '%s' "$ps_said" | head -n 1)" ;;
    *)
      fail 'a capture of functions can be made' "$ps_said"
      plan
      exit 1
      ;;
  esac
}

# record FILE ARGUMENT...: `pscope record`, quiet, at the depth paths if none is named. What it
# said is in $scratch/said. PS_MECHANISM, as kprobe.multi: by this mechanism or not at all.
record () {
  ps_file=$1
  shift
  case " $* " in
    *' --depth '*) ;;
    *) set -- --depth paths "$@" ;;
  esac
  "$pscope" record -o "$ps_file" ${PS_MECHANISM:+--mechanism "$PS_MECHANISM"} "$@" >"$scratch/said" 2>&1
}

# look FILE [PORT] <<END: the sentences of lib/expect over the packets of FILE.
look () {
  if ! "$pscope" packets "$1" --json >"$scratch/packets.json" 2>"$scratch/error"; then
    fail "pscope packets reads $(basename "$1")" "$(cat "$scratch/error")"
    return
  fi
  python3 "$ps_root/tests/lib/expect" "$scratch/packets.json" ${2:+"$2"} >"$scratch/verdicts"
  take_verdicts "$scratch/verdicts"
}

# Verdicts of lib/expect become test cases, those of a failure with its comments.
take_verdicts () {
  [ -s "$1" ] || fail 'the expectations could be tried'
  while IFS= read -r ps_line; do
    case $ps_line in
      'ok '*) pass "${ps_line#ok }" ;;
      'not ok '*) fail "${ps_line#not ok }" ;;
      'skip '*)
        ps_line=${ps_line#skip }
        skip "${ps_line%%: *}" "${ps_line#*: }"
        ;;
      *) echo "$ps_line" ;;
    esac
  done <"$1"
}

# start_server ADDRESS [COMMAND...]: a web server; COMMAND goes before it, such
# as `ip netns exec NAME`. Its port is $port, its process $server, what it serves
# is /file.
start_server () {
  ps_address=$1
  shift
  mkdir -p "$scratch/www"
  echo hello >"$scratch/www/file"
  : >"$scratch/server"
  "$@" python3 -u -m http.server --bind "$ps_address" --directory "$scratch/www" 0 \
    >"$scratch/server" 2>&1 &
  server=$!
  later "kill $server"
  port=''
  for _ in $(seq 300); do
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$scratch/server")
    [ -z "$port" ] || return 0
    sleep 0.1
  done
  skip_all "python3's web server does not start: $(tail -n 1 "$scratch/server")"
}

# new_namespaces NAME...: network namespaces with lo up, named $ns_NAME.
new_namespaces () {
  need ip
  for ps_name; do
    ip netns add "infra-$$-$ps_name" 2>"$scratch/error" ||
      skip_all "no network namespace can be made: $(cat "$scratch/error")"
    later "ip netns del infra-$$-$ps_name"
    eval "ns_$ps_name=infra-$$-$ps_name"
    ip -n "infra-$$-$ps_name" link set lo up
  done
}

# join NS_A IF_A ADDRESS_A NS_B IF_B ADDRESS_B: a veth pair between the two.
join () {
  ! command -v modprobe >/dev/null || modprobe veth 2>/dev/null || :
  ip link add "$2" netns "$1" type veth peer name "$5" netns "$4" 2>"$scratch/error" ||
    skip_all "no veth pair can be made: $(cat "$scratch/error")"
  # nodad: an IPv6 address is to be of use at once.
  # shellcheck disable=SC2046
  for ps_address in $3; do
    ip -n "$1" address add "$ps_address" dev "$2" $(case $ps_address in *:*) echo nodad ;; esac)
  done
  # shellcheck disable=SC2046
  for ps_address in $6; do
    ip -n "$4" address add "$ps_address" dev "$5" $(case $ps_address in *:*) echo nodad ;; esac)
  done
  ip -n "$1" link set "$2" up
  ip -n "$4" link set "$5" up
}
