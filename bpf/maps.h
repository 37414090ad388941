/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps and globals of the paths programs, and the small things every one
 * of them needs: the state of this CPU, the context it runs in, counting.
 */
#ifndef PS_BPF_MAPS_H
#define PS_BPF_MAPS_H

#include "kernel.h"
#include "state.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lives.h"

/* Set by the helper between open and load; the verifier sees them as constants. */
const volatile __u32 room = PS_BYTES_MIN; /* bytes kept of a packet */
const volatile __u32 snaplen = 128; /* bytes of it that are sent */
const volatile __u32 bucket_mask = PS_TABLE_MIN / PS_TABLE_WAYS - 1;
const volatile bool read_paged = false; /* bpf_dynptr_from_skb is allowed here */
const volatile bool can_cast = false; /* this kernel has bpf_rdonly_cast (6.2) */
const volatile bool has_netfilter = false;
const volatile bool has_data_ready = true; /* the tracepoint of that name */
const volatile bool filter_process = false; /* config.pid or config.comm is set */
const volatile bool counters_only = false;
const volatile __u64 thread_size = 16384;

/* Mapped into the helper. */
struct ps_config config;
struct ps_filter_instruction filter_code[2 * PS_FILTER_MAX];
__u8 kinds[PS_KINDS]; /* stacks taken of each kind of packet; the helper clears it */
__u64 wanted_ports[2][65536 / 64]; /* of the wanted process: TCP, others */
__u64 chosen_ports[65536 / 64]; /* at either end: their packets' functions are traced */
struct ps_sweep sweep_state;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ps_cpu);
} cpus SEC(".maps");

struct ps_bucket {
	__u64 key[PS_TABLE_WAYS]; /* skb address, 0 if free: one cache line */
};

/* Like the table below it is never mapped, but only what may be begins with a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ps_bucket);
} buckets SEC(".maps");

/* The packets. Behind the table's places lie the spare ones, two a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ps_entry) + PS_BYTES_MIN);
} table SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct ps_drop_key);
	__type(value, __u64);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} wanted_sockets SEC(".maps");

/*
 * Lets a program read an object it has only the address of. The verifier makes
 * it a plain load, where bpf_probe_read_kernel() costs some 27 ns.
 */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/*
 * An skb to read pointers from. For each one read from what it trusts, the
 * verifier goes through all types of the kernel, up to four times.
 */
static __always_inline struct sk_buff *loose(struct sk_buff *skb)
{
	return can_cast ? bpf_rdonly_cast(skb, bpf_core_type_id_kernel(struct sk_buff)) : skb;
}

#define KSOFTIRQD_NAME 0x71726974666f736bULL /* "ksoftirq" */

static __always_inline struct ps_cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/*
 * A number that stands for an object of the kernel, to compare and to hash. The
 * verifier keeps the address itself from arithmetic; the distance from a place
 * that stays where it is will do as well.
 */
static __always_inline __u64 key_of(const void *object)
{
	__u64 distance;

	asm volatile("%0 = %1\n%0 -= %2" : "=&r"(distance) : "r"(object), "r"(&config));
	return distance;
}

/* The address key_of() made a key of, for the table of lives. */
static __always_inline __u64 address_of(__u64 key)
{
	volatile __u64 *base = &config.base;

	if (!*base)
		*base = (__u64)&config;
	return key + *base;
}

/* What the process came into the kernel for; its registers lie at the same place of every stack. */
static __always_inline long orig_ax_of(struct task_struct *task)
{
	struct pt_regs___x86 *regs;
	__u64 offset = config.registers;

	if (!can_cast || !offset) {
		regs = (void *)bpf_task_pt_regs(task);
		config.registers = address_of(key_of(regs)) - (__u64)task->stack;
		return regs->orig_ax;
	}
	regs = bpf_rdonly_cast(task->stack + offset, bpf_core_type_id_kernel(struct pt_regs___x86));
	return regs->orig_ax;
}

/*
 * In which context a tracing program runs. The kernel's own count of that is
 * out of reach where it keeps no names of variables (CONFIG_KALLSYMS_ALL), but
 * the stack tells as well: softirqs have a stack of their own (x86 since ever,
 * arm64 since 5.19), with two exceptions. ksoftirqd runs them on its own, and is
 * known by name; and x86 handles an interrupt that hits a program in user mode,
 * softirqs included, on that program's stack, where no system call was entered
 * then. The address of a stack is a number only as a difference.
 *
 * A function of its own, as one with a small frame has it on the kernel's stack;
 * since 6.13 a larger frame (64 bytes) lies elsewhere.
 */
__noinline __u8 context_now(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 distance, name;

	asm volatile("%0 = r10\n%0 -= %1" : "=&r"(distance) : "r"(&config));
	if (address_of(distance) - (__u64)task->stack >= thread_size)
		return PS_CONTEXT_SOFTIRQ;
	if (!(task->flags & PF_KTHREAD)) {
		if (!bpf_core_field_exists(struct pt_regs___x86, orig_ax))
			return PS_CONTEXT_TASK;
		return orig_ax_of(task) == -1 ? PS_CONTEXT_SOFTIRQ : PS_CONTEXT_TASK;
	}
	if (bpf_probe_read_kernel(&name, sizeof(name), task->comm))
		return PS_CONTEXT_UNKNOWN;
	return name == KSOFTIRQD_NAME ? PS_CONTEXT_SOFTIRQ : PS_CONTEXT_TASK;
}

/*
 * The counters of a CPU are written by that CPU alone, but a softirq may come
 * on top of a program that runs for a process. What runs with softirqs off (in
 * one, or on the way through a device's queue) adds plainly, which costs a
 * third; what may be interrupted adds in one instruction.
 */
static __always_inline void add(__u64 *counter, __u64 value)
{
	__sync_fetch_and_add(counter, value);
}

static __always_inline void add_undisturbed(__u64 *counter, __u64 value)
{
	*counter += value;
}

/* Whether a PsFunctions follows the same packets right now. */
static __always_inline bool traces_functions(void)
{
	return setup.lives_mask && config.functions;
}

static __always_inline __u8 family_of(__be16 protocol)
{
	switch (protocol) {
	case bpf_htons(ETH_P_IP):
		return PS_FAMILY_IPV4;
	case bpf_htons(ETH_P_IPV6):
		return PS_FAMILY_IPV6;
	case bpf_htons(ETH_P_ARP):
		return PS_FAMILY_ARP;
	default:
		return PS_FAMILY_OTHER;
	}
}

static __always_inline void count_traffic(struct ps_cpu *cpu, __u32 layer, __u32 direction,
					  __be16 protocol, __u32 bytes)
{
	struct ps_traffic *traffic = &cpu->traffic[layer][direction][family_of(protocol)];

	add_undisturbed(&traffic->packets, 1);
	add_undisturbed(&traffic->bytes, bytes);
}

/* The same where a softirq may come in between. */
static __always_inline void count_traffic_of_task(struct ps_cpu *cpu, __u32 layer, __u32 direction,
						  __be16 protocol, __u32 bytes)
{
	struct ps_traffic *traffic = &cpu->traffic[layer][direction][family_of(protocol)];

	add(&traffic->packets, 1);
	add(&traffic->bytes, bytes);
}

static __always_inline void *this_ring(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&rings, &cpu);
}

#endif /* PS_BPF_MAPS_H */
