/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The depth `functions`: entry and return of every function that takes a
 * packet, batched into one record a call tree.
 *
 * Compiled once for each mechanism (PS_MECHANISM): they differ in how a
 * program learns what it is attached to, whether it is at the entry or the
 * return, and what stays with a call from the one to the other. What they
 * write is the same.
 */
#define PS_BPF_PROGRAM
#define PS_DIRECT_MAPS
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "mechanism.h"
#include "calls.h"

#if PS_MECHANISM == PS_MECHANISM_FSESSION

/* The sock a function was called with beside its packet, 0 if it takes none. */
static __always_inline __u64 owner_argument(void *ctx, __u64 about, __u64 unread)
{
	__u64 sock = 0;

	if (PS_FUNCTION_SECOND(about) != PS_FUNCTION_POSITION(about))
		bpf_get_func_arg(ctx, PS_FUNCTION_SECOND(about), &sock);
	return sock;
}

#else

static __always_inline __u64 owner_argument(void *stack, __u64 about, __u64 second)
{
	return PS_FUNCTION_SECOND(about) != PS_FUNCTION_POSITION(about) ? second : 0;
}

#endif

#include "tree.h"

char _license[] SEC("license") = "GPL";

#if PS_MECHANISM == PS_MECHANISM_FSESSION

extern bool bpf_session_is_return(void *ctx) __ksym;
extern __u64 *bpf_session_cookie(void *ctx) __ksym;
extern void bpf_preempt_disable(void) __ksym; /* these four: 6.14 */
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;

/*
 * The kernel does not run a program on a CPU on which it runs already. A thread that is
 * preempted in here would keep all calls of the others from being seen until it goes on:
 * what takes longer than a look at the packet is done without that. To let go of the CPU is
 * the moment to lose it, if an interrupt asked for that: so that happens with interrupts off,
 * and the kernel makes up for it when it has left the program.
 */
static __always_inline void let_preempt(void)
{
	struct task_struct___running *task = (void *)bpf_get_current_task_btf();
	unsigned long flags;

	if (!task->thread_info.flags) {
		bpf_preempt_enable();
		return;
	}
	bpf_local_irq_save(&flags);
	bpf_preempt_enable();
	bpf_local_irq_restore(&flags);
}

static __always_inline void enter_function(void *ctx)
{
	__u64 about = bpf_get_attach_cookie(ctx), object, packet, ticket;

	bpf_get_func_arg(ctx, PS_FUNCTION_POSITION(about), &object);
	if (about >> PS_FUNCTION_SPECIAL == 0) {
		packet = known_of(object);
		if (is_refused(packet))
			return;
		bpf_preempt_disable();
		ticket = enter_plain(ctx, PS_FUNCTION_PLAIN(about), object, 0, packet);
	} else {
		__u64 second = 0;

		if (PS_FUNCTION_EDGE(about))
			bpf_get_func_arg(ctx, PS_FUNCTION_SECOND(about), &second);
		bpf_preempt_disable();
		ticket = enter_other(ctx, about, object, second);
	}
	*bpf_session_cookie(ctx) = ticket;
	let_preempt();
}

static __always_inline void leave_function(void *ctx)
{
	__u64 ticket = *bpf_session_cookie(ctx), now, value;

	if (!ticket)
		return;
	bpf_preempt_disable();
	now = bpf_ktime_get_ns();
	bpf_get_func_ret(ctx, &value);
	leave(ticket, now, value);
	let_preempt();
}

/*
 * Attached with the function's whole description as its cookie. Every return comes here, too:
 * the kernel begins with a session's cookie of 0.
 */
SEC("functions/any")
int any(void *ctx)
{
	if (bpf_session_is_return(ctx))
		leave_function(ctx);
	else
		enter_function(ctx);
	return 0;
}

#elif PS_MECHANISM == PS_MECHANISM_FENTRY

/* A copy for each function, in which its description is a constant. */
SEC("functions/entered")
int entered(void *ctx)
{
	__u64 about, object = 0, origin = 0;

	asm volatile("%0 = %1 ll" : "=r"(about) : "i"(PS_FUNCTION_PLACEHOLDER));
	bpf_get_func_arg(ctx, PS_FUNCTION_POSITION(about), &object);
	if (PS_FUNCTION_SECOND(about) != PS_FUNCTION_POSITION(about))
		bpf_get_func_arg(ctx, PS_FUNCTION_SECOND(about), &origin);
	enter(ctx, about, object, origin);
	return 0;
}

SEC("functions/returned")
int returned(void *ctx)
{
	__u64 value = 0, now = bpf_ktime_get_ns();

	bpf_get_func_ret(ctx, &value);
	leave_at(ctx, now, value);
	return 0;
}

#else /* every kind of kprobe */

/* The verifier of 6.12 refuses a switch folded into one register read: each stands alone. */
#define ARGUMENT_0(regs) PT_REGS_PARM1(regs)
#define ARGUMENT_1(regs) PT_REGS_PARM2(regs)
#define ARGUMENT_2(regs) PT_REGS_PARM3(regs)
#define ARGUMENT_3(regs) PT_REGS_PARM4(regs)
#define ARGUMENT_4(regs) PT_REGS_PARM5(regs)

#define FUNCTION(regs) ((__u32)bpf_get_func_ip(regs))

/*
 * One program for each place an argument may have, and for the few functions
 * that mean something special: a cookie would cost a binary search a call.
 * name, place, place of the other packet or the socket, what it makes, flags
 */
#define PROGRAMS(X)                                                                                \
	X(skb_0, 0, 0, 0, 0)                                                                       \
	X(skb_1, 1, 1, 0, 0)                                                                       \
	X(skb_2, 2, 2, 0, 0)                                                                       \
	X(skb_3, 3, 3, 0, 0)                                                                       \
	X(skb_4, 4, 4, 0, 0)                                                                       \
	X(owned_0_1, 0, 1, 0, 0)                                                                   \
	X(owned_1_0, 1, 0, 0, 0)                                                                   \
	X(owned_2_1, 2, 1, 0, 0)                                                                   \
	X(door_0, 0, 0, 0, PS_FUNCTION_SOCKET | PS_FUNCTION_DOOR)                                  \
	X(sock_0, 0, 0, 0, PS_FUNCTION_SOCKET)                                                     \
	X(sock_1, 1, 0, 0, PS_FUNCTION_SOCKET)                                                     \
	X(sock_2, 2, 0, 0, PS_FUNCTION_SOCKET)                                                     \
	X(sends_0, 0, 0, 0, PS_FUNCTION_SOCKET | PS_FUNCTION_SENDS)                                \
	X(reads_0, 0, 0, 0, PS_FUNCTION_SOCKET | PS_FUNCTION_READS)                                \
	X(door_reads_0, 0, 0, 0, PS_FUNCTION_SOCKET | PS_FUNCTION_DOOR | PS_FUNCTION_READS)        \
	X(ends_0, 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL)                                    \
	X(tail_0, 0, 0, 0, PS_FUNCTION_TAIL)                                                       \
	X(copied_0_1, 0, 1, PS_EDGE_COPIED, 0)                                                     \
	X(merged_1_0, 1, 0, PS_EDGE_MERGED, 0)                                                     \
	X(fragment_0_1, 0, 1, PS_EDGE_FRAGMENT, 0)

#if PS_MECHANISM != PS_MECHANISM_SINGLE

/* enter() by a function that is asked for its address last, for a packet that is not refused. */
static __always_inline __u64 enter_at(struct pt_regs *regs, __u64 about, __u64 object, __u64 other)
{
	void *stack = (void *)PT_REGS_SP(regs);
	__u64 packet;

	if (about >> PS_FUNCTION_SPECIAL)
		return enter_other(stack, about | FUNCTION(regs), object, other);
	packet = known_of(object);
	if (is_refused(packet))
		return 0;
	return enter_plain(stack, about | FUNCTION(regs), object, other, packet);
}

#endif

#if PS_MECHANISM == PS_MECHANISM_KSESSION || PS_MECHANISM == PS_MECHANISM_KSESSION_OLD

#if PS_MECHANISM == PS_MECHANISM_KSESSION
extern bool bpf_session_is_return(void *ctx) __ksym;
extern __u64 *bpf_session_cookie(void *ctx) __ksym;
#define IS_RETURN(regs) bpf_session_is_return(regs)
#define KEPT(regs) bpf_session_cookie(regs)
#else /* until 6.19 */
extern bool bpf_session_is_return(void) __ksym;
extern __u64 *bpf_session_cookie(void) __ksym;
#define IS_RETURN(regs) bpf_session_is_return()
#define KEPT(regs) bpf_session_cookie()
#endif

/* Returning 1 at the entry spares the return. */
#define PROGRAM(name, position, second, edge, flags)                                               \
	SEC("functions/" #name)                                                                    \
	int name(struct pt_regs *regs)                                                             \
	{                                                                                          \
		__u64 kept;                                                                        \
                                                                                                   \
		if (IS_RETURN(regs)) {                                                             \
			leave(*KEPT(regs), bpf_ktime_get_ns(), PT_REGS_RC(regs));                  \
			return 0;                                                                  \
		}                                                                                  \
		kept = enter_at(regs, PS_FUNCTION_COOKIE(0, position, second, edge, flags),        \
				ARGUMENT_##position(regs), ARGUMENT_##second(regs));               \
		if (!kept)                                                                         \
			return 1;                                                                  \
		*KEPT(regs) = kept;                                                                \
		return 0;                                                                          \
	}
PROGRAMS(PROGRAM)

#elif PS_MECHANISM == PS_MECHANISM_PAIR

#define PROGRAM(name, position, second, edge, flags)                                               \
	SEC("functions/" #name)                                                                    \
	int name(struct pt_regs *regs)                                                             \
	{                                                                                          \
		enter_at(regs, PS_FUNCTION_COOKIE(0, position, second, edge, flags),               \
			 ARGUMENT_##position(regs), ARGUMENT_##second(regs));                      \
		return 0;                                                                          \
	}
PROGRAMS(PROGRAM)

SEC("functions/returned")
int returned(struct pt_regs *regs)
{
	leave_found(FUNCTION(regs), PT_REGS_SP(regs), bpf_ktime_get_ns(), PT_REGS_RC(regs));
	return 0;
}

#elif PS_MECHANISM == PS_MECHANISM_SINGLE

/* All are read, then one is chosen: the verifier refuses a read at a place that was computed. */
static __always_inline __u64 argument(struct pt_regs *regs, __u32 position)
{
	volatile struct pt_regs *fresh = regs;
	__u64 value = PT_REGS_PARM1(fresh), second = PT_REGS_PARM2(fresh);
	__u64 third = PT_REGS_PARM3(fresh), fourth = PT_REGS_PARM4(fresh);
	__u64 fifth = PT_REGS_PARM5(fresh);

	if (position == 1)
		value = second;
	if (position == 2)
		value = third;
	if (position == 3)
		value = fourth;
	if (position == 4)
		value = fifth;
	return value;
}

/* A single kprobe's cookie is at hand. */
SEC("functions/any")
int any(struct pt_regs *regs)
{
	__u64 about = bpf_get_attach_cookie(regs);

	enter((void *)PT_REGS_SP(regs), about, argument(regs, PS_FUNCTION_POSITION(about)),
	      argument(regs, PS_FUNCTION_SECOND(about)));
	return 0;
}

SEC("functions/returned")
int returned(struct pt_regs *regs)
{
	leave_found(PS_FUNCTION_INDEX(bpf_get_attach_cookie(regs)), PT_REGS_SP(regs),
		    bpf_ktime_get_ns(), PT_REGS_RC(regs));
	return 0;
}

#endif
#endif
