/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/drop-location.h"

#include <string.h>

#include "bpf/record.h"

/*
 * While functions are traced the kernel puts a trampoline in the place of the address they
 * return to. If such a one ends in a jump to what frees the packet, that is what stands where
 * the packet was dropped, and it tells nothing.
 */
static gboolean
is_trampoline (const char *name)
{
  static const char *const names[] = { "return_to_handler", "arch_rethook_trampoline",
                                       "kretprobe_trampoline", "__kretprobe_trampoline", NULL };

  return g_str_has_prefix (name, "bpf_trampoline_") || g_strv_contains (names, name);
}

guint32
ps_drop_location_lookup (PsSymbols *symbols, guint64 address, guint32 *ret_offset)
{
  guint32 id = ps_symbols_lookup (symbols, address, ret_offset);

  if (!id || !is_trampoline (ps_symbols_get_name (symbols, id)))
    return id;
  *ret_offset = 0;
  return 0;
}

gboolean
ps_drop_location_is_part (PsSymbols *symbols, guint64 address, guint direction)
{
  guint32 offset, id = ps_symbols_lookup (symbols, address, &offset);
  const char *name = id ? ps_symbols_get_name (symbols, id) : "";

  /* Until 6.2 this is what frees the list; on the way out a queue drops lists with it, too. */
  if (strcmp (name, "kfree_skb_list_reason") == 0)
    return direction == PS_DIRECTION_IN;
  return strcmp (name, "skb_release_data") == 0;
}
