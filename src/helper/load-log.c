/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/load-log.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#define LENGTH_MAX (256u * 1024)

struct _PsLoadLog {
  GString *text;
};

/* libbpf's printing is one for the whole process, and several threads load at a time. */
static _Thread_local PsLoadLog *current;
static libbpf_print_fn_t before;

static int G_GNUC_PRINTF (2, 0)
    keep (enum libbpf_print_level level, const char *format, va_list arguments)
{
  if (!current)
    return before ? before (level, format, arguments) : 0;
  if (level == LIBBPF_WARN && current->text->len < LENGTH_MAX)
    g_string_append_vprintf (current->text, format, arguments);
  return 0;
}

PsLoadLog *
ps_load_log_begin (void)
{
  static gsize listening;
  PsLoadLog *self = g_new0 (PsLoadLog, 1);

  if (g_once_init_enter (&listening))
    {
      before = libbpf_set_print (keep);
      g_once_init_leave (&listening, 1);
    }
  self->text = g_string_new (NULL);
  current = self;
  return self;
}

void
ps_load_log_end (PsLoadLog *self)
{
  current = NULL;
  g_string_free (self->text, TRUE);
  g_free (self);
}

const char *
ps_load_log_get_text (PsLoadLog *self)
{
  return self->text->str;
}

/* The verifier's verdict is the last line before its statistics. */
static const char *
verdict_of (char **lines)
{
  const char *found = NULL;

  for (guint i = 0; lines[i]; i++)
    {
      if (g_str_has_prefix (lines[i], "processed ") || strstr (lines[i], "END PROG LOAD LOG"))
        break;
      if (lines[i][0] != '\0' && !strstr (lines[i], "BEGIN PROG LOAD LOG") &&
          !g_ascii_isdigit (lines[i][0]) && lines[i][0] != ';')
        found = lines[i];
    }
  return found;
}

char *
ps_load_log_explain (PsLoadLog *self, int error)
{
  g_auto (GStrv) lines = g_strsplit (self->text->str, "\n", -1);
  const char *verdict;

  if (error == EPERM)
    return g_strdup (_ ("this process may not load tracing programs"));
  if (strstr (self->text->str, "extern (func ksym)"))
    return g_strdup (_ ("this kernel's BPF has no sessions of that kind"));
  verdict = verdict_of (lines);
  if (verdict)
    return g_strdup_printf ("%s (%s)", g_strerror (error), verdict);
  return g_strdup (g_strerror (error));
}

char *
ps_load_log_explain_trial (int error)
{
  if (error == EPERM || error == EACCES)
    return g_strdup (_ ("this process may not load tracing programs"));
  return g_strdup (_ ("this kernel's BPF has no sessions of that kind"));
}

char *
ps_load_log_explain_attach (const char *mechanism, int error)
{
  gboolean single = strcmp (mechanism, "kprobe") == 0;

  if (single && (error == ENOENT || error == EOPNOTSUPP || error == ENODEV || error == ESRCH))
    return g_strdup (_ ("this kernel was built without kprobes (CONFIG_KPROBE_EVENTS)"));
  if (error == EOPNOTSUPP && strcmp (mechanism, "fsession.multi") != 0)
    return g_strdup (_ ("this kernel was built without fprobe (CONFIG_FPROBE)"));
  if (error == EPERM || error == EACCES)
    return g_strdup (_ ("this process may not attach tracing programs"));
  return g_strdup_printf (_ ("the kernel refuses to attach it: %s"), g_strerror (error));
}
