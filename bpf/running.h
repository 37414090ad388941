/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs: the thread, and whether an interrupt does on top of it. */
#ifndef PS_BPF_RUNNING_H
#define PS_BPF_RUNNING_H

struct task_struct___running {
	int pid;
	int tgid;
	void *stack;
	char comm[16];
} __attribute__((preserve_access_index));

struct sock___running {
	struct {
		struct {
			long counter;
		} skc_cookie;
	} __sk_common;
} __attribute__((preserve_access_index));

#define RUNNING_KSOFTIRQD 0x71726974666f736bULL /* "ksoftirq" */

/*
 * Which context runs. The kernel's own count of that is out of reach where it
 * keeps no names of variables (CONFIG_KALLSYMS_ALL), but the stack tells:
 * interrupts and the softirqs that follow them have one of their own, ksoftirqd
 * is known by its name. A hardirq is not told from a softirq.
 */
static __noinline int context_running(bool on_task)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();
	__u64 name;

	if (!on_task)
		return PS_CONTEXT_SOFTIRQ;
	if (bpf_probe_read_kernel(&name, sizeof(name), task->comm))
		return PS_CONTEXT_UNKNOWN;
	return name == RUNNING_KSOFTIRQD ? PS_CONTEXT_SOFTIRQ : PS_CONTEXT_TASK;
}

#endif /* PS_BPF_RUNNING_H */
