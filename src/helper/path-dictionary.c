/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/path-dictionary.h"

#include <string.h>

/* The tracer's frames are the innermost ones; it never takes more than so many. */
#define TRACER_FRAMES_MAX 8

typedef struct {
  guint32 id;
  guint16 n_frames;
  guint16 flags;
  gboolean written;
  PsFrame frames[];
} Path;

struct _PsPathDictionary {
  PsSymbols *symbols;
  GHashTable *stacks; /* hash → path id */
  GHashTable *unique; /* of Path, by its functions */
  GPtrArray *paths; /* of Path; id - 1 */
  guint64 overflow;
};

static guint
path_hash (gconstpointer key)
{
  const Path *path = key;
  guint32 hash = path->flags;

  for (guint i = 0; i < path->n_frames; i++)
    hash = (hash ^ path->frames[i].symbol) * 0x9e3779b1u;
  return hash;
}

static gboolean
path_equal (gconstpointer a, gconstpointer b)
{
  const Path *one = a, *other = b;

  if (one->n_frames != other->n_frames || one->flags != other->flags)
    return FALSE;
  for (guint i = 0; i < one->n_frames; i++)
    if (one->frames[i].symbol != other->frames[i].symbol)
      return FALSE;
  return TRUE;
}

PsPathDictionary *
ps_path_dictionary_new (PsSymbols *symbols)
{
  PsPathDictionary *self = g_new0 (PsPathDictionary, 1);

  self->symbols = symbols;
  self->stacks = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->unique = g_hash_table_new (path_hash, path_equal);
  self->paths = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ps_path_dictionary_free (PsPathDictionary *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->stacks);
  g_hash_table_unref (self->unique);
  g_ptr_array_unref (self->paths);
  g_free (self);
}

static gboolean
starts_with_any (const char *name, const char *const *prefixes)
{
  for (; *prefixes; prefixes++)
    if (g_str_has_prefix (name, *prefixes))
      return TRUE;
  return FALSE;
}

/* Stands between a function and its caller while the function is traced (fsession, fentry): no
 * function of the path, and what is called from it is the path's own. */
static gboolean
is_trampoline (const char *name)
{
  return g_str_has_prefix (name, "bpf_trampoline_");
}

/* What runs only because a program of the tracer hangs on the tracepoint or hook. */
static gboolean
is_tracer (const char *name, const char *module)
{
  static const char *const prefixes[] = {
    "bpf_prog_",   "bpf_trace_run",   "__bpf_trace_",    "__traceiter_", "bpf_get_stack",
    "__bpf_prog_", "nf_hook_run_bpf", "bpf_dispatcher_", "call_trace_",  NULL
  };

  return g_str_equal (module, "bpf") || starts_with_any (name, prefixes);
}

/* The entry of an interrupt, or what runs its softirqs when it ends (x86-64, arm64). */
static gboolean
is_interrupt (const char *name)
{
  static const char *const prefixes[] = {
    "asm_sysvec_",      "sysvec_",        "asm_common_interrupt",
    "common_interrupt", "irq_exit",       "__irq_exit",
    "el0_interrupt",    "el1_interrupt",  "el0t_64_irq",
    "el1h_64_irq",      "__el1_irq",      "el0_irq",
    "el1_irq",          "__el0_irq",      "invoke_softirq",
    "asm_call_irq",     "gic_handle_irq", NULL
  };

  return starts_with_any (name, prefixes) ||
         (g_str_has_prefix (name, "asm_") && g_str_has_suffix (name, "_interrupt"));
}

static const char *
name_of (PsPathDictionary *self, const PsFrame *frame)
{
  return frame->symbol ? ps_symbols_get_name (self->symbols, frame->symbol) : "";
}

/* How many of the innermost frames are the tracer's. `frames` is innermost first. */
static guint
count_tracer_frames (PsPathDictionary *self, const PsFrame *frames, guint n_frames)
{
  guint n = 0;

  /* What is called by a frame of the tracer is the tracer's, whatever its name. */
  for (guint i = 0; i < MIN (n_frames, TRACER_FRAMES_MAX); i++)
    {
      const char *name = name_of (self, &frames[i]);

      if (is_trampoline (name)
              ? n == i
              : frames[i].symbol != 0 &&
                    is_tracer (name, ps_symbols_get_module (self->symbols, frames[i].symbol)))
        n = i + 1;
    }
  /* The list of hooks was walked for the tracer's own hook. */
  if (n > 0 && n < n_frames && g_str_equal (name_of (self, &frames[n - 1]), "nf_hook_run_bpf") &&
      g_str_equal (name_of (self, &frames[n]), "nf_hook_slow"))
    n++;
  return n;
}

/* Where the packet's own work begins: behind the outermost frame of the innermost interrupt. */
static guint
count_own_frames (PsPathDictionary *self, const PsFrame *frames, guint n_frames)
{
  guint i = 0;

  while (i < n_frames && !is_interrupt (name_of (self, &frames[i])))
    i++;
  while (i < n_frames && is_interrupt (name_of (self, &frames[i])))
    i++;
  return i;
}

/* A softirq that the sender ran itself when it enabled them again: receive nested in send. */
static gboolean
is_nested (PsPathDictionary *self, const PsFrame *frames, guint n_frames)
{
  for (guint i = 1; i < n_frames; i++)
    if (g_str_equal (name_of (self, &frames[i]), "__local_bh_enable_ip") &&
        g_str_has_prefix (name_of (self, &frames[i - 1]), "do_softirq"))
      return TRUE;
  return FALSE;
}

/* Resolves the addresses; what lies in no function keeps symbol 0 and is left out later. */
static guint
resolve (PsPathDictionary *self, const guint64 *addresses, guint n, PsFrame *ret_frames)
{
  guint n_frames = 0;

  for (guint i = 0; i < n; i++)
    {
      PsFrame frame = { 0 };

      if (addresses[i] == 0)
        break;
      frame.symbol = ps_symbols_lookup (self->symbols, addresses[i], &frame.offset);
      ret_frames[n_frames++] = frame;
    }
  return n_frames;
}

static Path *
make_path (PsPathDictionary *self, const guint64 *addresses, guint n)
{
  PsFrame frames[PS_FRAMES_MAX];
  guint n_addresses = MIN (n, PS_FRAMES_MAX);
  guint n_frames = resolve (self, addresses, n_addresses, frames);
  guint inner = count_tracer_frames (self, frames, n_frames);
  guint outer = inner + count_own_frames (self, frames + inner, n_frames - inner);
  Path *path = g_malloc0 (sizeof *path + (outer - inner) * sizeof (PsFrame));

  if (outer < n_frames)
    path->flags |= PS_PATH_CUT;
  else if (n >= PS_RAW_FRAMES_MAX)
    path->flags |= PS_PATH_TRUNCATED;
  if (is_nested (self, frames + inner, outer - inner))
    path->flags |= PS_PATH_NESTED;
  for (guint i = outer; i > inner; i--)
    if (frames[i - 1].symbol && !is_trampoline (name_of (self, &frames[i - 1])))
      path->frames[path->n_frames++] = frames[i - 1];
  return path;
}

static guint32
intern (PsPathDictionary *self, Path *path)
{
  Path *known;

  if (path->n_frames == 0)
    {
      g_free (path);
      return 0;
    }
  known = g_hash_table_lookup (self->unique, path);
  if (known)
    {
      g_free (path);
      return known->id;
    }
  g_ptr_array_add (self->paths, path);
  path->id = self->paths->len;
  g_hash_table_add (self->unique, path);
  return path->id;
}

void
ps_path_dictionary_add (PsPathDictionary *self, guint64 hash, const guint64 *frames, guint n_frames)
{
  guint32 id;

  if (g_hash_table_contains (self->stacks, &hash))
    return;
  if (g_hash_table_size (self->stacks) >= PS_PATH_DICTIONARY_MAX)
    {
      self->overflow++;
      return;
    }
  id = intern (self, make_path (self, frames, n_frames));
  g_hash_table_insert (self->stacks, g_memdup2 (&hash, sizeof hash), GUINT_TO_POINTER (id));
}

gboolean
ps_path_dictionary_lookup (PsPathDictionary *self, guint64 hash, guint32 *ret_id)
{
  gpointer id;

  if (!g_hash_table_lookup_extended (self->stacks, &hash, NULL, &id))
    return FALSE;
  *ret_id = GPOINTER_TO_UINT (id);
  return TRUE;
}

void
ps_path_dictionary_write (PsPathDictionary *self, guint32 id, PsRecordWriter *writer)
{
  Path *path;
  PsPathRecord *record;

  if (id == 0 || id > self->paths->len)
    return;
  path = self->paths->pdata[id - 1];
  if (path->written)
    return;
  path->written = TRUE;
  for (guint i = 0; i < path->n_frames; i++)
    ps_symbols_write (self->symbols, path->frames[i].symbol, writer);
  record = ps_record_writer_begin (writer, PS_RECORD_PATH,
                                   sizeof *record + path->n_frames * sizeof (PsFrame));
  if (!record)
    return;
  record->id = id;
  record->n_frames = path->n_frames;
  record->flags = path->flags;
  memcpy (record + 1, path->frames, path->n_frames * sizeof (PsFrame));
}

guint64
ps_path_dictionary_get_overflow (PsPathDictionary *self)
{
  return self->overflow;
}

const PsFrame *
ps_path_dictionary_get (PsPathDictionary *self, guint32 id, guint *ret_n_frames, guint *ret_flags)
{
  Path *path = self->paths->pdata[id - 1];

  *ret_n_frames = path->n_frames;
  *ret_flags = path->flags;
  return path->frames;
}
