/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/function-set.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "bpf/calls.h"
#include "helper-resources.h"
#include "helper/error.h"
#include "helper/function-record.h"
#include "helper/globs.h"
#include "helper/layer-table.h"
#include "helper/traceable.h"
#include "record/record.h"

#define MODULES "/sys/module"
#define LISTS "/org/packetscope/helper/functions.conf"

struct _PsFunctionSet {
  GPtrArray *functions;
  GPtrArray *left_out;
  GPtrArray *modules;
  PsPatterns *deny;
  PsPatterns *curated;
  PsPatterns *doors;
  PsPatterns *own_layers; /* of the user; nullable */
  PsPatterns *layers;
  PsGlobs *globs;
  char **wanted_layers;
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
  { "__skb_clone", 0, 1, PS_EDGE_COPIED, 0 },
  { "skb_copy_header", 0, 1, PS_EDGE_COPIED, 0 },
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
  { "do_tcp_sendpages", 0, 0, 0, PS_FUNCTION_SENDS }, /* sendfile() and splice(), until 6.4 */
  { "tcp_recvmsg_locked", 0, 0, 0, PS_FUNCTION_READS },
  { "__tcp_read_sock", 0, 0, 0, PS_FUNCTION_READS }, /* splice() */
  { "tcp_read_sock", 0, 0, 0, PS_FUNCTION_READS }, /* the same, where there is not the other */
  { "napi_skb_cache_put", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
  { "kfree_skbmem", 0, 0, 0, PS_FUNCTION_ENDS | PS_FUNCTION_TAIL },
};

static void
function_free (gpointer data)
{
  PsFunction *function = data;

  if (!function)
    return;
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
  guint rank = 0;

  self->deny = ps_patterns_new ();
  self->curated = ps_patterns_new ();
  self->doors = ps_patterns_new ();
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
      if (list == self->curated)
        {
          g_autofree char *place = g_strdup_printf ("%u", ++rank);

          ps_patterns_add (list, line, place);
        }
      else if (list)
        ps_patterns_add (list, line, g_strstrip (why));
    }
}

/* By its name, else by its module. */
static const char *
match_layer (PsPatterns *layers, const PsFunction *function)
{
  const char *layer = ps_patterns_match (layers, function->name);
  g_autofree char *module = NULL;

  if (layer || function->module[0] == '\0')
    return layer;
  module = g_strconcat ("module:", function->module, NULL);
  return ps_patterns_match (layers, module);
}

static const char *
layer_of (PsFunctionSet *self, const PsFunction *function)
{
  const char *layer = self->own_layers ? match_layer (self->own_layers, function) : NULL;

  return layer ? layer : match_layer (self->layers, function);
}

/* Whether the user, the lists and the layer want it. Those left out for a reason are noted. */
static gboolean
is_wanted (PsFunctionSet *self, const PsFunction *function)
{
  const char *why = ps_patterns_match (self->deny, function->name);
  const char *layer = layer_of (self, function);
  gboolean named = ps_globs_name (self->globs, function->name);

  if (ps_globs_are_given (self->globs) && !named)
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
  PsFunction about = {
    .name = (char *)found->name,
    .module = walk->module,
    .btf_id = found->id,
    .position = (guint8)found->position,
    .second = (guint8)found->owner,
    .returns_value = found->returns_value,
    .trampoline = found->trampoline,
    .flags = found->is_socket ? PS_FUNCTION_SOCKET : 0,
  };
  PsTraceableKind kind =
      ps_traceable_lookup (walk->traceable, about.name, about.module, &about.address);
  PsFunction *function;

  if (kind == PS_TRACEABLE_NO)
    return;
  ps_globs_found (self->globs, about.name);
  if (!is_wanted (self, &about))
    return;
  if (kind == PS_TRACEABLE_AMBIGUOUS)
    {
      ps_function_set_leave_out (self, about.name, _ ("several functions have this name"));
      return;
    }
  mark_special (self, &about);
  function = g_memdup2 (&about, sizeof about);
  function->name = g_strdup (about.name);
  g_ptr_array_add (self->functions, function);
}

/* A module that went away meanwhile has no functions any more; one without BTF is noted. */
static void
walk_module (PsFunctionSet *self, PsTraceable *traceable, PsBtf *kernel, const char *module)
{
  g_autofree char *path = g_build_filename (PS_BTF_FOLDER, module, NULL);
  g_autofree char *loaded = g_build_filename (MODULES, module, NULL);
  Walk walk = { self, traceable, module };
  g_autoptr (PsBtf) btf = ps_btf_open (path, kernel);
  guint before = self->functions->len;
  int reason = errno;

  if (btf)
    ps_btf_walk (btf, take_function, &walk);
  else if (g_file_test (loaded, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *what = g_strdup_printf ("[%s]", module);
      g_autofree char *why =
          reason == ENOENT
              ? g_strdup (_ ("the kernel does not describe the types of this module (no BTF)"))
              : g_strdup_printf (_ ("the BTF of this module cannot be read: %s"),
                                 g_strerror (reason));

      ps_function_set_leave_out (self, what, why);
    }
  if (self->functions->len > before)
    g_ptr_array_add (self->modules, (gpointer)module);
}

static void
walk_modules (PsFunctionSet *self, PsTraceable *traceable, PsBtf *kernel)
{
  g_autoptr (GPtrArray) modules = ps_traceable_list_modules (traceable);

  for (guint i = 0; i < modules->len; i++)
    walk_module (self, traceable, kernel, g_ptr_array_index (modules, i));
}

/* Newer kernels have the work of tcp_read_sock() in a function inside: the stream moves on once. */
static void
mark_reading_once (PsFunctionSet *self)
{
  PsFunction *outer = NULL;
  gboolean has_inner = FALSE;

  for (guint i = 0; i < self->functions->len; i++)
    {
      PsFunction *function = g_ptr_array_index (self->functions, i);

      if (strcmp (function->name, "tcp_read_sock") == 0)
        outer = function;
      has_inner |= strcmp (function->name, "__tcp_read_sock") == 0;
    }
  if (outer && has_inner)
    outer->flags &= ~PS_FUNCTION_READS;
}

static gboolean
check_layers (char **layers, GError **error)
{
  for (guint i = 0; layers && layers[i]; i++)
    {
      if (ps_is_layer (layers[i]))
        continue;
      g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                   _ ("There is no layer “%s”; there are socket, transport, network, filter, "
                      "link and device"),
                   layers[i]);
      return FALSE;
    }
  return TRUE;
}

/* Each pattern has to fit something: one with a slip in it would be missed for good. */
static gboolean
check_globs (PsFunctionSet *self, PsTraceable *traceable, GError **error)
{
  g_autofree char *close_ones = NULL;
  const char *idle = ps_globs_get_idle (self->globs, &close_ones);
  guint64 address;

  if (!idle)
    return TRUE;
  if (close_ones[0] != '\0')
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                 _ ("No traceable function that takes a packet or a socket is called “%s”; close "
                    "to it are %s"),
                 idle, close_ones);
  else if (ps_traceable_lookup (traceable, idle, "", &address) != PS_TRACEABLE_NO)
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                 _ ("The function “%s” takes neither a packet nor a socket, and so cannot be put "
                    "to one"),
                 idle);
  else
    g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                 _ ("No traceable function that takes a packet or a socket is called “%s”, nor "
                    "anything like it"),
                 idle);
  return FALSE;
}

static gboolean
check_any (PsFunctionSet *self, GError **error)
{
  if (self->functions->len > 0)
    return TRUE;
  g_set_error_literal (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
                       _ ("No function of this kernel that takes a packet fits; name others, "
                          "or leave the choice out"));
  return FALSE;
}

static gboolean
take_own_layers (PsFunctionSet *self, const char *text, GError **error)
{
  guint bad;

  if (!text)
    return TRUE;
  self->own_layers = ps_patterns_new_own_layers (text, &bad);
  if (self->own_layers)
    return TRUE;
  g_set_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE,
               _ ("Line %u of your own layer table is not a pattern and a layer; mend it or take "
                  "it out"),
               bad);
  return FALSE;
}

static PsFunctionSet *
new_set (const PsFunctionSetOptions *options)
{
  PsFunctionSet *self = g_new0 (PsFunctionSet, 1);

  self->functions = g_ptr_array_new_with_free_func (function_free);
  self->left_out = g_ptr_array_new_with_free_func (left_out_free);
  self->modules = g_ptr_array_new ();
  self->globs = ps_globs_new (options->functions);
  self->wanted_layers = g_strdupv (options->layers);
  return self;
}

PsFunctionSet *
ps_function_set_new (const PsFunctionSetOptions *options,
                     PsBtf *kernel,
                     PsTraceable *traceable,
                     GError **error)
{
  g_autoptr (PsFunctionSet) self = NULL;
  Walk walk;

  if (!check_layers (options->layers, error))
    return NULL;
  self = new_set (options);
  if (!take_own_layers (self, options->own_layers, error))
    return NULL;
  self->layers = ps_patterns_new_layers ();
  read_lists (self);
  walk = (Walk){ self, traceable, g_intern_static_string ("") };
  ps_btf_walk (kernel, take_function, &walk);
  walk_modules (self, traceable, kernel);
  mark_reading_once (self);
  if (!check_globs (self, traceable, error) || !check_any (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

GVariant *
ps_function_set_describe (PsFunctionSet *self)
{
  return ps_function_record_write (self->functions, self->modules, self->left_out);
}

PsFunctionSet *
ps_function_set_new_described (const PsFunctionSetOptions *options, GVariant *description)
{
  g_autoptr (PsFunctionSet) self = new_set (options);

  if (!ps_function_record_read (description, self->functions, self->modules, self->left_out) ||
      self->functions->len == 0)
    return NULL;
  return g_steal_pointer (&self);
}

typedef struct {
  guint64 rank; /* in the curated list; 0: asked for by its name, before all of them */
  PsFunction *function;
} Ranked;

static int
compare_ranks (gconstpointer a, gconstpointer b)
{
  const Ranked *one = a, *other = b;

  return (one->rank > other->rank) - (one->rank < other->rank);
}

gboolean
ps_function_set_narrow (PsFunctionSet *self, GError **error)
{
  g_autoptr (GPtrArray) all = self->functions;
  g_autoptr (GArray) few = g_array_new (FALSE, FALSE, sizeof (Ranked));

  if (!self->curated)
    read_lists (self);
  for (guint i = 0; i < all->len; i++)
    {
      Ranked one = { 0, g_ptr_array_index (all, i) };
      const char *rank = ps_patterns_match (self->curated, one.function->name);

      if (!ps_globs_name (self->globs, one.function->name))
        {
          if (!rank)
            continue;
          one.rank = g_ascii_strtoull (rank, NULL, 10);
        }
      g_array_append_val (few, one);
      all->pdata[i] = NULL;
    }
  g_array_sort (few, compare_ranks);
  self->functions = g_ptr_array_new_with_free_func (function_free);
  for (guint i = 0; i < few->len; i++)
    g_ptr_array_add (self->functions, g_array_index (few, Ranked, i).function);
  return check_any (self, error);
}

void
ps_function_set_free (PsFunctionSet *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->functions);
  g_ptr_array_unref (self->left_out);
  g_ptr_array_unref (self->modules);
  ps_patterns_free (self->deny); /* these are NULL if nobody had to ask them */
  ps_patterns_free (self->curated);
  ps_patterns_free (self->doors);
  ps_patterns_free (self->own_layers);
  ps_patterns_free (self->layers);
  ps_globs_free (self->globs);
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
