/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the place where the kernel reported a packet as dropped says of it. */
#ifndef PS_HELPER_DROP_LOCATION_H
#define PS_HELPER_DROP_LOCATION_H

#include "helper/symbols.h"

/* The function at a kernel address that dropped a packet, and how far in; 0: it is not known. */
guint32 ps_drop_location_lookup (PsSymbols *symbols, guint64 address, guint32 *ret_offset);

/*
 * Whether what was freed there is a part of a datagram that was put together of
 * it: it goes with the datagram, used up or dropped, and the kernel reports it
 * as a drop of its own in either case. `direction` is an enum ps_direction.
 */
gboolean ps_drop_location_is_part (PsSymbols *symbols, guint64 address, guint direction);

#endif /* PS_HELPER_DROP_LOCATION_H */
