/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "synthesis-private.h"

#define REASON_NO_SOCKET 3
#define REASON_NETFILTER_DROP 8

struct _SynthesisPaths {
  GHashTable *symbols; /* function → id */
  GPtrArray *names; /* "module:function", by id - 1 */
  guint32 next_path;
  guint32 ids[N_ROUTES][ROUTE_PATHS_MAX][SYNTHESIS_VARIANTS];
};

/* What a variant of a path passes besides, just before its end. */
static const char *const detours[SYNTHESIS_VARIANTS] = {
  NULL,
  "nf_hook_slow",
  "kmem_cache_alloc_node_noprof",
  "bpf_prog_run",
};

guint32
synthesis_paths_add_symbol (SynthesisPaths *self, const char *name)
{
  guint32 id = GPOINTER_TO_UINT (g_hash_table_lookup (self->symbols, name));

  if (id == 0)
    {
      char *copy = g_strdup (name);

      g_ptr_array_add (self->names, copy);
      id = self->names->len;
      g_hash_table_insert (self->symbols, copy, GUINT_TO_POINTER (id));
    }
  return id;
}

SynthesisPaths *
synthesis_paths_new (void)
{
  SynthesisPaths *self = g_new0 (SynthesisPaths, 1);

  self->symbols = g_hash_table_new (g_str_hash, g_str_equal);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->next_path = 1;

  for (guint r = 0; r < N_ROUTES; r++)
    {
      if (routes[r].dropped_by)
        synthesis_paths_add_symbol (self, routes[r].dropped_by);
      for (guint i = 0; i < routes[r].n_paths; i++)
        for (guint v = 0; v < SYNTHESIS_VARIANTS; v++)
          {
            g_auto (GStrv) functions = g_strsplit (routes[r].paths[i].functions, " ", 0);

            for (guint f = 0; functions[f]; f++)
              synthesis_paths_add_symbol (self, functions[f]);
            if (detours[v])
              synthesis_paths_add_symbol (self, detours[v]);
            self->ids[r][i][v] = self->next_path++;
          }
    }
  return self;
}

void
synthesis_paths_free (SynthesisPaths *self)
{
  g_hash_table_unref (self->symbols);
  g_ptr_array_unref (self->names);
  g_free (self);
}

guint32
synthesis_paths_get (SynthesisPaths *self, RouteName route, guint nth, guint variant)
{
  return self->ids[route][nth][variant];
}

guint32
synthesis_paths_get_symbol (SynthesisPaths *self, const char *function)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->symbols, function));
}

static void
write_symbols (SynthesisPaths *self, PsRecordWriter *writer)
{
  for (guint i = 0; i < self->names->len; i++)
    {
      const char *name = g_ptr_array_index (self->names, i);
      const char *colon = strchr (name, ':');
      g_autofree char *module = colon ? g_strndup (name, (gsize)(colon - name)) : NULL;
      PsSymbolRecord record = { .id = i + 1 };

      ps_record_writer_add_named (writer, PS_RECORD_SYMBOL, &record, sizeof record,
                                  colon ? colon + 1 : name, module);
    }
}

static void
write_path (SynthesisPaths *self,
            PsRecordWriter *writer,
            guint32 id,
            const RoutePath *path,
            guint v)
{
  g_auto (GStrv) functions = g_strsplit (path->functions, " ", 0);
  guint n = g_strv_length (functions), n_frames = n + (detours[v] ? 1 : 0);
  PsPathRecord *record = ps_record_writer_begin (
      writer, PS_RECORD_PATH, (guint32)(sizeof *record + n_frames * sizeof (PsFrame)));
  PsFrame *frame = (PsFrame *)(record + 1);

  record->id = id;
  record->flags = path->flags;
  record->n_frames = (guint16)n_frames;
  for (guint i = 0; i < n; i++, frame++)
    {
      if (i + 1 == n && detours[v])
        {
          frame->symbol = synthesis_paths_get_symbol (self, detours[v]);
          frame->offset = 0x51;
          frame++;
        }
      frame->symbol = synthesis_paths_get_symbol (self, functions[i]);
      frame->offset = 0x10 + (g_str_hash (functions[i]) % 0x400);
    }
}

static void
write_interfaces (PsRecordWriter *writer)
{
  static const char *const names[] = { "lo", "eth0", "eth1" };
  PsNetnsRecord netns = { .netns = SYNTHESIS_NETNS, .flags = PS_NETNS_OWN };

  ps_record_writer_add_named (writer, PS_RECORD_NETNS, &netns, sizeof netns, "", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      PsInterfaceRecord record = {
        .netns = SYNTHESIS_NETNS, .index = i + 1, .link_type = 1, .mtu = i ? 1500 : 65536
      };

      ps_record_writer_add_named (writer, PS_RECORD_INTERFACE, &record, sizeof record, names[i],
                                  NULL);
    }
}

static void
write_reason (PsRecordWriter *writer, guint32 number, const char *name)
{
  PsNameRecord record = { .kind = PS_NAME_DROP_REASON, .number = number };

  ps_record_writer_add_named (writer, PS_RECORD_NAME, &record, sizeof record, name, NULL);
}

void
synthesis_paths_write (SynthesisPaths *self, PsRecordWriter *writer, guint32 *ret_reasons)
{
  write_interfaces (writer);
  write_reason (writer, REASON_NO_SOCKET, "NO_SOCKET");
  write_reason (writer, REASON_NETFILTER_DROP, "NETFILTER_DROP");
  write_symbols (self, writer);
  for (guint r = 0; r < N_ROUTES; r++)
    {
      if (routes[r].drop_reason)
        ret_reasons[r] = strcmp (routes[r].drop_reason, "NO_SOCKET") == 0 ? REASON_NO_SOCKET
                                                                          : REASON_NETFILTER_DROP;
      for (guint i = 0; i < routes[r].n_paths; i++)
        for (guint v = 0; v < SYNTHESIS_VARIANTS; v++)
          write_path (self, writer, self->ids[r][i][v], &routes[r].paths[i], v);
    }
}
