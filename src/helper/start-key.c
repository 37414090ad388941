/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/start-key.h"

#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define SELF_FILE "/proc/self/exe"
#define MODULES_FOLDER "/sys/module/"

/* The columns of /proc/modules that change while a module stays: who uses it. */
enum { NAME, SIZE, N_USERS, USERS, STATE, ADDRESS, N_COLUMNS };

static void
add_text (GChecksum *sum, const char *text)
{
  /* With its end: "ab" "c" is not "a" "bc". */
  g_checksum_update (sum, (const guint8 *)text, (gssize)strlen (text) + 1);
}

/* This very file: another build, or one installed anew, is another. */
static gboolean
add_helper (GChecksum *sum)
{
  g_autofree char *text = NULL;
  struct stat about;

  if (stat (SELF_FILE, &about) != 0)
    return FALSE;
  text = g_strdup_printf ("%ju %ju %ju %jd.%09ld %jd.%09ld", (uintmax_t)about.st_dev,
                          (uintmax_t)about.st_ino, (uintmax_t)about.st_size,
                          (intmax_t)about.st_mtim.tv_sec, about.st_mtim.tv_nsec,
                          (intmax_t)about.st_ctim.tv_sec, about.st_ctim.tv_nsec);
  add_text (sum, text);
  return TRUE;
}

/* sysfs gives each folder it makes a new number: a module that came back has another one. */
static guint64
find_incarnation (const char *module)
{
  g_autofree char *path = g_strconcat (MODULES_FOLDER, module, NULL);
  struct stat about;

  return stat (path, &about) == 0 ? about.st_ino : 0;
}

static void
add_module (GChecksum *sum, char *line)
{
  g_auto (GStrv) columns = g_strsplit (line, " ", N_COLUMNS + 1);
  g_autofree char *text = NULL;

  if (g_strv_length (columns) < N_COLUMNS)
    {
      add_text (sum, line);
      return;
    }
  text = g_strdup_printf ("%s %s %s %s %" G_GUINT64_FORMAT, columns[NAME], columns[SIZE],
                          columns[STATE], columns[ADDRESS], find_incarnation (columns[NAME]));
  add_text (sum, text);
}

static gboolean
add_modules (GChecksum *sum, const char *file)
{
  g_autofree char *text = NULL;
  char *rest, *line;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return !g_file_test (file, G_FILE_TEST_EXISTS); /* a kernel without modules */
  for (rest = text; (line = strsep (&rest, "\n"));)
    if (*line)
      add_module (sum, line);
  return TRUE;
}

gboolean
ps_start_key_take (PsStartKey *self, const char *modules)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *boot = NULL;
  gsize length = PS_START_KEY_LENGTH;

  if (!g_file_get_contents (BOOT_FILE, &boot, NULL, NULL))
    return FALSE;
  add_text (sum, boot);
  add_text (sum, setlocale (LC_MESSAGES, NULL));
  if (!add_helper (sum) || !add_modules (sum, modules))
    return FALSE;
  g_checksum_get_digest (sum, self->bytes, &length);
  return TRUE;
}

void
ps_start_key_refine (const PsStartKey *self,
                     const char *name,
                     const char *options,
                     PsStartKey *ret_key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = PS_START_KEY_LENGTH;

  g_checksum_update (sum, self->bytes, PS_START_KEY_LENGTH);
  add_text (sum, name);
  add_text (sum, options);
  g_checksum_get_digest (sum, ret_key->bytes, &length);
}
