/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a packet is wanted: decided once, at its first hook with a link
 * header, and remembered by not following the others. The capture filter is
 * classic BPF (what libpcap compiles), run by an interpreter: classic BPF only
 * jumps forward, so as many steps as it has instructions are enough.
 */
#ifndef PS_BPF_FILTER_H
#define PS_BPF_FILTER_H

#include "packet.h"

/* Classic BPF, as in <linux/bpf_common.h>; those names are taken by eBPF's. */
#define CLASS(code) ((code)&0x07)
#define CLASS_LD 0x00
#define CLASS_LDX 0x01
#define CLASS_ST 0x02
#define CLASS_STX 0x03
#define CLASS_ALU 0x04
#define CLASS_JMP 0x05
#define CLASS_RET 0x06
#define MODE(code) ((code)&0xe0)
#define SIZE(code) ((code)&0x18)
#define OPERATION(code) ((code)&0xf0)
#define USES_X(code) ((code)&0x08)
#define SCRATCH 16

/* Two a CPU, as a softirq may come on top of a filter that runs for a process. */
struct machine {
	__u32 slot; /* of the packet in the table */
	__u32 length; /* of the packet */
	__u32 filter; /* as in ps_config: the one it began with */
	__u32 a, x, pc, result;
	__u32 scratch[SCRATCH];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set by the helper */
	__type(key, __u32);
	__type(value, struct machine);
} machines SEC(".maps");

/*
 * Loads from the packet. Past what is kept of it the filter does not match. It
 * is compiled for Ethernet: where there is no such header, one is made up. Not
 * static: see contexts.h.
 */
__noinline bool load(struct machine *machine, __u32 offset, __u32 size, __u32 *value)
{
	struct ps_entry *entry;
	__u8 *bytes;
	__u32 slot;

	if (!machine || !value)
		return false;
	slot = machine->slot;
	entry = bpf_map_lookup_elem(&table, &slot);
	if (!entry)
		return false;
	if (!entry->packet.link_is_ethernet) {
		if (offset < ETH_HEADER) {
			*value = offset == 12 && size == 2 ? entry->packet.protocol : 0;
			return true;
		}
		offset = offset - ETH_HEADER + (entry->network_offset & (PS_LINK_HEADER_MAX - 1));
	}
	if (offset >= room - 4 || offset + size > entry->available)
		return false;
	bytes = entry->bytes + offset;
	if (size == 4)
		*value = (__u32)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
	else if (size == 2)
		*value = bytes[0] << 8 | bytes[1];
	else
		*value = bytes[0];
	return true;
}

static __always_inline bool run_load(struct machine *machine, struct ps_filter_instruction *i)
{
	__u32 size = SIZE(i->code) == 0x00 ? 4 : SIZE(i->code) == 0x08 ? 2 : 1, value = 0;

	switch (MODE(i->code)) {
	case 0x00: /* constant */
		value = i->k;
		break;
	case 0x20: /* absolute */
		if (!load(machine, i->k, size, &value))
			return false;
		break;
	case 0x40: /* from X */
		if (!load(machine, i->k + machine->x, size, &value))
			return false;
		break;
	case 0x60: /* scratch memory */
		value = machine->scratch[i->k & (SCRATCH - 1)];
		break;
	case 0x80: /* length of the packet */
		value = machine->length;
		break;
	case 0xa0: /* length of the IPv4 header that begins at k */
		if (!load(machine, i->k, 1, &value))
			return false;
		value = (value & 0x0f) * 4;
		break;
	default:
		return false;
	}
	if (CLASS(i->code) == CLASS_LD)
		machine->a = value;
	else
		machine->x = value;
	return true;
}

static __always_inline bool run_alu(struct machine *machine, struct ps_filter_instruction *i)
{
	__u32 operand = USES_X(i->code) ? machine->x : i->k;

	switch (OPERATION(i->code)) {
	case 0x00:
		machine->a += operand;
		return true;
	case 0x10:
		machine->a -= operand;
		return true;
	case 0x20:
		machine->a *= operand;
		return true;
	case 0x30:
		if (operand)
			machine->a /= operand;
		return operand != 0;
	case 0x40:
		machine->a |= operand;
		return true;
	case 0x50:
		machine->a &= operand;
		return true;
	case 0x60:
		machine->a <<= operand & 31;
		return true;
	case 0x70:
		machine->a >>= operand & 31;
		return true;
	case 0x80:
		machine->a = -machine->a;
		return true;
	case 0x90:
		if (operand)
			machine->a %= operand;
		return operand != 0;
	case 0xa0:
		machine->a ^= operand;
		return true;
	default:
		return false;
	}
}

static __always_inline void run_jump(struct machine *machine, struct ps_filter_instruction *i)
{
	__u32 operand = USES_X(i->code) ? machine->x : i->k;
	bool taken;

	switch (OPERATION(i->code)) {
	case 0x00:
		machine->pc += i->k;
		return;
	case 0x10:
		taken = machine->a == operand;
		break;
	case 0x20:
		taken = machine->a > operand;
		break;
	case 0x30:
		taken = machine->a >= operand;
		break;
	default:
		taken = machine->a & operand;
		break;
	}
	machine->pc += taken ? i->jt : i->jf;
}

/* One instruction. 1: the filter has ended. */
static long step(__u32 unused, void *context)
{
	struct machine *machine = bpf_map_lookup_elem(&machines, context);
	struct ps_filter_instruction *i;
	__u32 pc;

	if (!machine)
		return 1;
	pc = machine->pc++;
	if (pc >= PS_FILTER_MAX || pc >= PS_FILTER_LENGTH(machine->filter))
		return 1;
	if (machine->filter & PS_FILTER_SECOND)
		pc += PS_FILTER_MAX;
	barrier_var(pc); /* or the bound below is left out, which the verifier of 6.1 needs */
	i = &filter_code[pc & (2 * PS_FILTER_MAX - 1)];
	switch (CLASS(i->code)) {
	case CLASS_LD:
	case CLASS_LDX:
		return !run_load(machine, i);
	case CLASS_ST:
		machine->scratch[i->k & (SCRATCH - 1)] = machine->a;
		return 0;
	case CLASS_STX:
		machine->scratch[i->k & (SCRATCH - 1)] = machine->x;
		return 0;
	case CLASS_ALU:
		return !run_alu(machine, i);
	case CLASS_JMP:
		run_jump(machine, i);
		return 0;
	case CLASS_RET:
		machine->result = OPERATION(i->code) & 0x10 ? machine->a : i->k;
		return 1;
	default: /* TAX, TXA */
		if (i->code & 0x80)
			machine->a = machine->x;
		else
			machine->x = machine->a;
		return 0;
	}
}

/* Not static: see contexts.h. */
__noinline bool matches(__u32 slot, __u32 length, __u32 filter)
{
	__u32 index = bpf_get_smp_processor_id() * 2 + (context_now() != PS_CONTEXT_TASK);
	struct machine *machine = bpf_map_lookup_elem(&machines, &index);

	if (!machine)
		return false;
	__builtin_memset(machine, 0, sizeof(*machine));
	machine->slot = slot;
	machine->length = length;
	machine->filter = filter;
	bpf_loop(PS_FILTER_MAX, step, &index, 0);
	return machine->result != 0;
}

static __always_inline __u64 *port_word(__u8 protocol, __u16 port)
{
	return &wanted_ports[protocol == IPPROTO_TCP ? 0 : 1][port / 64];
}

static __always_inline bool is_wanted_process(const struct ps_raw_packet *packet)
{
	const __u64 *is = (const __u64 *)packet->comm, *wanted = (const __u64 *)config.comm;

	if (!(packet->flags & PS_PACKET_HAS_PROCESS))
		return false;
	if (config.pid)
		return packet->pid == config.pid;
	return is[0] == wanted[0] && is[1] == wanted[1];
}

/*
 * A packet belongs to the wanted process if that sends it, or if it is from or
 * to a socket or port the process was seen to use. What another process does
 * with the same port number on another address is let through as well.
 */
static __noinline bool is_of_process(struct ps_entry *entry)
{
	struct ps_raw_packet *packet = &entry->packet;
	bool in = packet->direction == PS_DIRECTION_IN;
	__u16 port = in ? entry->destination_port : entry->source_port;
	__u64 *word = port_word(packet->ip_protocol, port), cookie = packet->socket;
	__u8 one = 1;

	if (!in && is_wanted_process(packet)) {
		if (port && !(*word & 1ULL << (port & 63)))
			__sync_fetch_and_or(word, 1ULL << (port & 63));
		if (cookie)
			bpf_map_update_elem(&wanted_sockets, &cookie, &one, BPF_ANY);
		return true;
	}
	if (port && *word & 1ULL << (port & 63))
		return true;
	return cookie && bpf_map_lookup_elem(&wanted_sockets, &cookie);
}

static __always_inline bool is_wanted(struct ps_entry *entry)
{
	__u32 filter = config.filter;

	if (config.ifindex && entry->packet.interface != config.ifindex)
		return false;
	if (config.netns && entry->packet.netns != config.netns)
		return false;
	if (filter_process && !is_of_process(entry))
		return false;
	return !filter || matches(entry->slot, entry->packet.length, filter);
}

#endif /* PS_BPF_FILTER_H */
