/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a function's return value means, where it decides what becomes of a packet. */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/*
 * "NF_DROP", "-EHOSTUNREACH", "NET_XMIT_DROP": what the kernel calls the value;
 * NULL if it is only a number. Static, or owned by the session.
 */
const char *ps_call_value_name (PsSession *session, const char *function, gint32 value);

/* What that decided of the packet; a translated static sentence, NULL if it decided nothing. */
const char *ps_call_note (PsSession *session, const char *function, gint32 value);

G_END_DECLS
