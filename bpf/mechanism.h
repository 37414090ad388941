/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways to stand at the entry and the return of a function, the best first. */
#ifndef PS_BPF_MECHANISM_H
#define PS_BPF_MECHANISM_H

#define PS_MECHANISM_FSESSION 1 /* fsession.multi, 7.2 */
#define PS_MECHANISM_KSESSION 2 /* kprobe.session, kfuncs as of 7.0 */
#define PS_MECHANISM_KSESSION_OLD 3 /* kprobe.session, 6.10 */
#define PS_MECHANISM_PAIR 4 /* kprobe.multi at the entry and at the return, 5.18 with fprobe */
#define PS_MECHANISM_FENTRY 5 /* a trampoline for each function, 5.5 */
#define PS_MECHANISM_SINGLE 6 /* a kprobe and a kretprobe for each function */

#endif /* PS_BPF_MECHANISM_H */
