/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs: the thread, and whether an interrupt does on top of it. */
#ifndef PS_BPF_RUNNING_H
#define PS_BPF_RUNNING_H

struct thread_info___running {
	unsigned long flags; /* what is to be done before it runs on, preemption among it */
} __attribute__((preserve_access_index));

struct task_struct___running {
	struct thread_info___running thread_info;
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
static __always_inline int context_running(bool on_task)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();

	if (!on_task || *(__u64 *)task->comm == RUNNING_KSOFTIRQD)
		return PS_CONTEXT_SOFTIRQ;
	return PS_CONTEXT_TASK;
}

#if PS_MECHANISM <= PS_MECHANISM_KSESSION_OLD

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym; /* 6.2 */

/* What a socket is known by outside of the kernel; 0: nobody asked for it yet. */
static __always_inline __u64 cookie_of_sock(__u64 sock)
{
	struct sock___running *sk =
		bpf_rdonly_cast((void *)sock, bpf_core_type_id_kernel(struct sock___running));

	return sk->__sk_common.skc_cookie.counter;
}

#else

static __always_inline __u64 cookie_of_sock(__u64 sock)
{
	struct sock___running *sk = (void *)sock;

	return BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
}

#endif
#endif /* PS_BPF_RUNNING_H */
