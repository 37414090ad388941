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

/* x86, 6.2 to 6.14: preempt_count lived in here. */
struct pcpu_hot___running {
	int preempt_count;
} __attribute__((preserve_access_index));

/* The bits of preempt_count: what kind of context runs. */
#define RUNNING_SOFTIRQ 0x000100
#define RUNNING_HARDIRQ 0x0f0000
#define RUNNING_NMI 0xf00000

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___running pcpu_hot __ksym __weak;

/* `on_task`: the stack in use is the thread's own, which tells most where the count is hidden. */
static __noinline int context_running(bool on_task)
{
	__u32 count;

	if (&__preempt_count)
		count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	else if (&pcpu_hot)
		count = ((const struct pcpu_hot___running *)bpf_this_cpu_ptr(&pcpu_hot))
				->preempt_count;
	else
		return on_task ? PS_CONTEXT_TASK : PS_CONTEXT_SOFTIRQ;
	if (count & RUNNING_NMI)
		return PS_CONTEXT_NMI;
	if (count & RUNNING_HARDIRQ)
		return PS_CONTEXT_HARDIRQ;
	return count & RUNNING_SOFTIRQ ? PS_CONTEXT_SOFTIRQ : PS_CONTEXT_TASK;
}

#endif /* PS_BPF_RUNNING_H */
