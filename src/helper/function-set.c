/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/function-set.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "bpf/calls.h"
#include "helper-resources.h"
#include "helper/btf-walk.h"
#include "helper/error.h"
#include "helper/layer-table.h"
#include "helper/traceable.h"
#include "record/record.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
#define MODULE_BTF "/sys/kernel/btf"
#define LISTS "/org/packetscope/helper/functions.conf"

struct _PsFunctionSet {
  GPtrArray *functions;
  GPtrArray *left_out;
  GPtrArray *modules;
  PsPatterns *deny;
  PsPatterns *curated;
  PsPatterns *doors;
  PsPatterns *layers;
  char **patterns;
  char **wanted_layers;
  gboolean only_curated;
};

/*
 * Functions that make one packet from another, end one, or move a stream on. Where their arguments
 * stand is stable.
 */
static const struct {
  const char *name;
  guint8 position, second, edge;
  guint64 flags;
} specials[] = {
  { "__copy_skb_header", 0, 1, PS_EDGE_COPIED, 0 },
  { "ip_copy_metadata", 0, 1, PS_EDGE_FRAGMENT, 0 },
  { "ip6_copy_metadata", 0, 1, PS_EDGE_FRAGMENT, 0 },
  { "skb_gro_receive", 1, 0, PS_EDGE_MERGED, 0 },
  { "skb_gro_receive_list", 1, 0, PS_EDGE_MERGED, 0 },
  { "skb_try_coalesce", 1, 0, PS_EDGE_MERGED, 0 },
  { "skb_release_head_state", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
  { "napi_skb_free_stolen_head", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
  { "skb_release_data", 0, 0, 0, PS_FUNCTION_TAIL },
  { "tcp_sendmsg_locked", 0, 0, 0, PS_FUNCTION_SENDS },
  { "tcp_recvmsg_locked", 0, 0, 0, PS_FUNCTION_READS },
  { "napi_skb_cache_put", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
  { "kfree_skbmem", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
};

static void
function_free (gpointer data)
{
  PsFunction *function = data;

  g_free (function->name);
  g_free (function);
}

static void
left_out_free (gpointer data)
{
  PsFunctionLeftOut *left_out = data;

  g_free (left_out->name);
  g_free (left_out->why);
  g_free (left_out);
}

void
ps_function_set_leave_out (PsFunctionSet *self, const char *name, const char *why)
{
  PsFunctionLeftOut *left_out = g_new0 (PsFunctionLeftOut, 1);

  left_out->name = g_strdup (name);
  left_out->why = g_strdup (why);
  g_ptr_array_add (self->left_out, left_out);
}

/* The sections of data/functions.conf. */
static void
read_lists (PsFunctionSet *self)
{
  g_autoptr (GBytes) data =
      g_resource_lookup_data (helper_get_resource (), LISTS, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_auto (GStrv) lines = data ? g_strsplit (g_bytes_get_data (data, NULL), "\n", -1) : NULL;
  PsPatterns *list = NULL;

  for (guint i = 0; lines && lines[i]; i++)
    {
      char *line = g_strstrip (lines[i]), *why = line + strcspn (line, " \t");

      if (line[0] == '#' || line[0] == '\0')
        continue;
      if (line[0] == '[')
        {
          list = strcmp (line, "[deny]") == 0    ? self->deny
                 : strcmp (line, "[doors]") == 0 ? self->doors
                                                 : self->curated;
          continue;
        }
      if (*why)
        *why++ = '\0';
      if (list)
        ps_patterns_add (list, line, g_strstrip (why));
    }
}

static gboolean
matches_any (char **patterns, const char *name)
{
  for (guint i = 0; patterns[i]; i++)
    if (g_pattern_match_simple (patterns[i], name))
      return TRUE;
  return FALSE;
}

/* Whether the user, the lists and the layer want it. Those left out for a reason are noted. */
static gboolean
is_wanted (PsFunctionSet *self, const PsFunction *function)
{
  const char *why = ps_patterns_match (self->deny, function->name);
  const char *layer = ps_patterns_match (self->layers, function->name);
  gboolean named = self->patterns && matches_any (self->patterns, function->name);

  if (self->patterns && !named)
    return FALSE;
  if (self->only_curated && !named && !ps_patterns_match (self->curated, function->name))
    return FALSE;
  if (self->wanted_layers &&
      !g_strv_contains ((const char *const *)self->wanted_layers, layer ? layer : ""))
    return FALSE;
  if (function->flags & PS_FUNCTION_SOCKET && !named && g_strcmp0 (layer, "transport") != 0 &&
      g_strcmp0 (layer, "socket") != 0)
    return FALSE;
  /* A function that is asked for by its name is not denied. */
  if (why && !named)
    {
      ps_function_set_leave_out (self, function->name, why);
      return FALSE;
    }
  return TRUE;
}

static void
mark_special (PsFunctionSet *self, PsFunction *function)
{
  if (function->flags & PS_FUNCTION_SOCKET && function->position == 0 &&
      ps_patterns_match (self->doors, function->name))
    function->flags |= PS_FUNCTION_DOOR;
  for (guint i = 0; i < G_N_ELEMENTS (specials); i++)
    {
      if (strcmp (function->name, specials[i].name) != 0)
        continue;
      function->position = specials[i].position;
      function->second = specials[i].second;
      function->edge = specials[i].edge;
      function->flags |= specials[i].flags;
    }
}

typedef struct {
  PsFunctionSet *self;
  PsTraceable *traceable;
  const char *module;
} Walk;

/* A PsBtfFunc: one function that takes a packet or a socket. */
static void
take_function (const PsBtfFunction *found, gpointer user_data)
{
  Walk *walk = user_data;
  PsFunctionSet *self = walk->self;
  PsFunction *function;
  PsTraceableKind kind;

  function = g_new0 (PsFunction, 1);
  function->name = g_strdup (found->name);
  function->module = walk->module;
  function->btf_id = found->id;
  function->position = found->position;
  function->returns_value = found->returns_value;
  function->trampoline = found->trampoline;
  function->flags = found->is_socket ? PS_FUNCTION_SOCKET : 0;

  kind = ps_traceable_lookup (walk->traceable, found->name, walk->module, &function->address);
  if (kind == PS_TRACEABLE_NO || !is_wanted (self, function))
    {
      function_free (function);
      return;
    }
  if (kind == PS_TRACEABLE_AMBIGUOUS)
    {
      ps_function_set_leave_out (self, found->name, _ ("several functions have this name"));
      function_free (function);
      return;
    }
  mark_special (self, function);
  g_ptr_array_add (self->functions, function);
}

/* Modules whose BTF cannot be read are noted and left out. */
static void
walk_modules (PsFunctionSet *self, PsTraceable *traceable, struct btf *vmlinux)
{
  g_autoptr (GDir) dir = g_dir_open (MODULE_BTF, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (MODULE_BTF, name, NULL);
      struct btf *btf;
      Walk walk = { self, traceable, g_intern_string (name) };
      guint before = self->functions->len;

      if (strcmp (name, "vmlinux") == 0 || !ps_traceable_has_module (traceable, name))
        continue;
      btf = btf__parse_split (path, vmlinux);
      if (!btf)
        {
          g_autofree char *what = g_strdup_printf ("[%s]", name);

          ps_function_set_leave_out (self, what, _ ("the BTF of this module cannot be read"));
          continue;
        }
      ps_btf_walk (btf, btf__type_cnt (vmlinux), take_function, &walk);
      if (self->functions->len > before)
        g_ptr_array_add (self->modules, (gpointer)walk.module);
      btf__free (btf);
    }
}

static gboolean
check_layers (char **layers, GError **error)
{
  for (guint i = 0; layers && layers[i]; i++)
    {
      gboolean known = FALSE;

      for (unsigned layer = 0; layer < PS_N_LAYERS; layer++)
        known |= strcmp (layers[i], ps_layer_name (layer)) == 0;
      if (known)
        continue;
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("There is no layer “%s”; there are socket, transport, network, filter, "
                      "link and device"),
                   layers[i]);
      return FALSE;
    }
  return TRUE;
}

PsFunctionSet *
ps_function_set_new (const PsFunctionSetOptions *options, GError **error)
{
  g_autoptr (PsFunctionSet) self = NULL;
  g_autoptr (PsTraceable) traceable = NULL;
  struct btf *vmlinux;
  Walk walk;

  if (!check_layers (options->layers, error))
    return NULL;
  traceable = ps_traceable_new (error);
  if (!traceable)
    return NULL;
  vmlinux = btf__parse (VMLINUX_BTF, NULL);
  if (!vmlinux)
    {
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_KERNEL,
                   _ ("This kernel does not describe its types (%s: %s); the depth “functions” "
                      "needs a kernel with CONFIG_DEBUG_INFO_BTF"),
                   VMLINUX_BTF, g_strerror (errno));
      return NULL;
    }

  self = g_new0 (PsFunctionSet, 1);
  self->functions = g_ptr_array_new_with_free_func (function_free);
  self->left_out = g_ptr_array_new_with_free_func (left_out_free);
  self->modules = g_ptr_array_new ();
  self->deny = ps_patterns_new ();
  self->curated = ps_patterns_new ();
  self->doors = ps_patterns_new ();
  self->layers = ps_patterns_new_layers ();
  self->patterns = g_strdupv (options->functions);
  self->wanted_layers = g_strdupv (options->layers);
  self->only_curated = options->curated;
  read_lists (self);

  walk = (Walk){ self, traceable, g_intern_static_string ("") };
  ps_btf_walk (vmlinux, 1, take_function, &walk);
  walk_modules (self, traceable, vmlinux);
  btf__free (vmlinux);

  if (self->functions->len == 0)
    {
      g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                           _ ("No function of this kernel that takes a packet fits; name others, "
                              "or leave the choice out"));
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
ps_function_set_free (PsFunctionSet *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->functions);
  g_ptr_array_unref (self->left_out);
  g_ptr_array_unref (self->modules);
  ps_patterns_free (self->deny);
  ps_patterns_free (self->curated);
  ps_patterns_free (self->doors);
  ps_patterns_free (self->layers);
  g_strfreev (self->patterns);
  g_strfreev (self->wanted_layers);
  g_free (self);
}

GPtrArray *
ps_function_set_get_functions (PsFunctionSet *self)
{
  return self->functions;
}

GPtrArray *
ps_function_set_get_left_out (PsFunctionSet *self)
{
  return self->left_out;
}

GPtrArray *
ps_function_set_get_modules (PsFunctionSet *self)
{
  return self->modules;
}
