/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buckets of the latency histograms: the twin of ps_latency_bucket() in
 * src/record, four buckets to an octave. It has no branch: the verifier would
 * follow each combination of them, in every program that measures.
 */
#ifndef PS_BPF_LATENCY_H
#define PS_BPF_LATENCY_H

#include "state.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Which bit a power of two is, by the top of its product with a de Bruijn sequence. */
#define DE_BRUIJN 0x03f79d71b4cb0a89ULL
static const __u8 bit_of_product[64] = {
	0,  1,	48, 2,	57, 49, 28, 3,	61, 58, 50, 42, 38, 29, 17, 4,	62, 55, 59, 36, 53, 51,
	43, 22, 45, 39, 33, 30, 24, 18, 12, 5,	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
	44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,	13, 8,	7,  6,
};

static __always_inline __u32 latency_bucket(__u64 ns)
{
	__u64 highest = ns | 1;
	__u32 octave, bucket;

	highest |= highest >> 1;
	highest |= highest >> 2;
	highest |= highest >> 4;
	highest |= highest >> 8;
	highest |= highest >> 16;
	highest |= highest >> 32;
	highest ^= highest >> 1;
	octave = bit_of_product[highest * DE_BRUIJN >> 58];
	bucket = octave * 4 + (ns << 2 >> octave & 3);
	return bucket < PS_BUCKETS ? bucket : PS_BUCKETS - 1;
}

#endif /* PS_BPF_LATENCY_H */
