# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/lib/expect knows about the ways of packets at the depth functions.

A way is functions in the order they began: "a > b" is b inside of a, "a, b" is
b after a, inside of it or not; "b|c" is either, whichever this kernel has, and
"?b" is b if this kernel has it.
"""
import json
import os


class Unknown(Exception):
    pass


def load_scenes():
    """What tests/tools/scenes told: the functions that were attached to, if it did."""
    path = os.environ.get("EXPECT_SCENES")
    if not path:
        return set(), False, (0, 0)
    with open(path, encoding="utf-8") as stream:
        scenes = json.load(stream)
    attached = set(scenes["attached"])
    return attached, len(attached) < 400, [at + scenes["clock"] for at in scenes["window"]]


ATTACHED, CURATED, WINDOW = load_scenes()
looked_at = []  # the journeys of the expectation in hand, to be shown if it fails


def steps_of(text):
    """[("" or ">" or ",", names)] without what this capture cannot have seen."""
    steps = []
    for part in text.replace(">", " > ").replace(",", " , ").split():
        if part in (">", ","):
            steps.append([part, None])
            continue
        names = {name for name in part.lstrip("?").split("|") if name in ATTACHED}
        if not names and not CURATED and part[0] != "?":
            raise Unknown("%s is not traced on this kernel" % part)
        if not steps:
            steps.append(["", None])
        steps[-1][1] = names
    return [step for step in steps if step[1]]


def is_inside(calls, inner, outer):
    while inner is not None and inner != outer:
        inner = calls[inner].parent
    return inner == outer


def find(calls, steps, after=-1):
    """Whether the steps can be found behind the call `after`."""
    if not steps:
        return True
    relation, names = steps[0]
    for i in range(after + 1, len(calls)):
        if calls[i].function in names and (
                relation != ">" or after < 0 or is_inside(calls, i, after)):
            if find(calls, steps[1:], i):
                return True
    return False


def way(packet, text):
    looked_at.append(packet)
    steps = steps_of(text)
    if len(steps) < (1 if CURATED else 2):
        raise Unknown("too little of it is traced on this kernel: %s" % text)
    return find(packet.calls or [], steps)


def ways(packets, text):
    """All of them, and there are some, took it."""
    return bool(packets) and all(way(packet, text) for packet in packets)


def own(packet):
    return [call for call in packet.calls or [] if call.packet == packet.id]


def avoids(packets, *names):
    """None of them, and there are some, came into these functions."""
    looked_at.extend(packets)
    return bool(packets) and not any(call.function in names
                                     for packet in packets for call in own(packet))


def ended(packets, reason, *functions):
    """Each was dropped for this reason, in one of these functions, and its calls say so."""
    looked_at.extend(packets)
    return bool(packets) and all(
        packet.verdict == "dropped" and packet.drop_reason == reason and
        packet.drop_function in functions and
        (packet.drop_function not in ATTACHED or
         [c.function for c in packet.calls if c.dropped_here] == [packet.drop_function])
        for packet in packets)


def is_watched(packet):
    """Whether all functions were attached to in its time."""
    return WINDOW[0] <= packet.time_ns <= WINDOW[1]


def nests(packet):
    """Every call lies inside the one that made it, and after those made before."""
    calls = packet.calls or []
    looked_at.append(packet)
    for i, call in enumerate(calls):
        if call.parent is None:
            if call.depth != 0:
                return False
            continue
        outer = calls[call.parent]
        if call.parent >= i or call.depth != outer.depth + 1 or call.start_ns < outer.start_ns:
            return False
        if (outer.duration_ns is not None and call.duration_ns is not None and
                call.start_ns + call.duration_ns > outer.start_ns + outer.duration_ns):
            return False
    return True


def keeps_apart(packet):
    """What runs in an interrupt on top and works on something else is not this packet's."""
    looked_at.append(packet)
    return not any(call.boundary and call.packet is None and not any(
        is_inside(packet.calls, i, at) for i, c in enumerate(packet.calls)
        if c.packet == packet.id) for at, call in enumerate(packet.calls or []))


# Each stage is passed while one of these runs on the packet. GRO's lists of packets
# go up through functions that take no packet; then none of these does.
STAGES = {
    ("receive", "link"): ["__netif_receive_skb", "__netif_receive_skb_one_core"],
    ("receive", "network"): ["ip_rcv", "ipv6_rcv"],
    ("send", "link"): ["__dev_queue_xmit"],
    ("send", "device"): ["dev_hard_start_xmit"],
}


def stages_agree(packet):
    """The two depths saw the same packet: a stage lies in the call that passes it."""
    looked_at.append(packet)
    for stage in packet.stages or []:
        those = [call for call in packet.calls or []
                 if call.function in STAGES.get((stage.way, stage.stage), ())]
        if stage.time_ns is not None and those and not any(
                call.start_ns <= stage.time_ns and
                (call.duration_ns is None or stage.time_ns <= call.start_ns + call.duration_ns)
                for call in those):
            return False
    return True


def show(packet):
    """Its tree, for people."""
    print("# the calls of packet %s, %s:" % (packet.number, packet.info))
    for call in (packet.calls or [])[:150]:
        mark = "" if call.packet == packet.id else " (of %s)" % call.packet if call.packet else " -"
        print("#   %s%s%s%s%s" % ("  " * call.depth, "~ " if call.boundary else "", call.function,
                                  mark, " DROPPED" if call.dropped_here else ""))


NAMES = {f.__name__: f for f in (way, ways, own, avoids, ended, is_watched, nests, keeps_apart, stages_agree)}
