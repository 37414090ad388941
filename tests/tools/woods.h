/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees of every kind, made up: in parts, still open and told again, about
 * packets far away, with ranges of streams that one part begins and another
 * ends, and such that no shape can hold. The same seed gives the same trees.
 */
#pragma once

#include "record/record.h"

#include <glib.h>

#define WOODS_SOCKETS 5u
#define WOODS_FIRST_SOCKET 900u

/* Appends `n_packets` packets with ids from `first_id` on, and trees about them
 * and those before. */
void woods_write (PsRecordWriter *writer, guint32 seed, guint64 first_id, guint n_packets);
