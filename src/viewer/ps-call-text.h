/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of a journey in words, translated. All results are to be freed. */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/ps-call-list.h"

G_BEGIN_DECLS

/* "veth_xmit [veth]" */
char *ps_call_text_name (const PsCall *call);
/* Why the duration of a call is not known; NULL if it is. Static. */
const char *ps_call_text_missing (const PsCall *call);
/* What it returned and what that decided; NULL if neither is known. */
char *ps_call_text_value (const PsCall *call);
/* Name, layer, times, and all that is special about it, in lines. */
char *ps_call_text_describe (PsCallList *list, guint32 index);
/* The rows from the one of `call` on that are inside it (PS_CALL_NONE: all) as a table. */
char *ps_call_text_copy (PsCallList *list, guint32 call);

G_END_DECLS
