/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void
ps_text_init (PsText *text, char *buffer, gsize size)
{
  text->at = buffer;
  text->end = buffer + size - 1;
  *buffer = '\0';
}

void
ps_text_add (PsText *text, const char *string)
{
  char *start = text->at;

  while (*string && text->at < text->end)
    *text->at++ = *string++;
  /* What does not fit is not cut in the middle of a character. */
  if ((*string & 0xc0) == 0x80)
    {
      while (text->at > start && (text->at[-1] & 0xc0) == 0x80)
        text->at--;
      if (text->at > start)
        text->at--;
    }
  *text->at = '\0';
}

void
ps_text_add_char (PsText *text, char character)
{
  if (text->at < text->end)
    *text->at++ = character;
  *text->at = '\0';
}

void
ps_text_add_number (PsText *text, guint64 number)
{
  char digits[24];
  guint at = sizeof digits - 1;

  digits[at] = '\0';
  do
    digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  ps_text_add (text, digits + at);
}

void
ps_text_add_hex (PsText *text, guint64 number, guint digits)
{
  guint n = 1;

  while (n < 16 && (n < digits || number >> (4 * n) != 0))
    n++;
  while (n > 0)
    ps_text_add_char (text, hex_digits[number >> (4 * --n) & 15]);
}

void
ps_text_add_untrusted (PsText *text, const guint8 *bytes, gsize length)
{
  for (gsize i = 0; i < length && text->at < text->end; i++)
    *text->at++ = g_ascii_isprint (bytes[i]) ? (char)bytes[i] : '.';
  *text->at = '\0';
}

static void
add_octet (PsText *text, guint8 octet)
{
  if (octet >= 100)
    ps_text_add_char (text, (char)('0' + octet / 100));
  if (octet >= 10)
    ps_text_add_char (text, (char)('0' + octet / 10 % 10));
  ps_text_add_char (text, (char)('0' + octet % 10));
}

void
ps_text_add_ipv4 (PsText *text, const guint8 *address)
{
  for (guint i = 0; i < 4; i++)
    {
      if (i > 0)
        ps_text_add_char (text, '.');
      add_octet (text, address[i]);
    }
}

/* The longest run of two or more zero groups, the first of equals: RFC 5952, 4.2. */
static void
find_zero_run (const guint8 *address, guint *ret_from, guint *ret_length)
{
  guint best = 8, best_length = 1;

  for (guint i = 0; i < 8;)
    {
      guint n = 0;

      while (i + n < 8 && address[2 * (i + n)] == 0 && address[2 * (i + n) + 1] == 0)
        n++;
      if (n > best_length)
        {
          best = i;
          best_length = n;
        }
      i += n > 0 ? n : 1;
    }
  *ret_from = best;
  *ret_length = best_length;
}

void
ps_text_add_ipv6 (PsText *text, const guint8 *address)
{
  static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  guint from, length;

  if (memcmp (address, mapped, sizeof mapped) == 0)
    {
      ps_text_add (text, "::ffff:");
      ps_text_add_ipv4 (text, address + 12);
      return;
    }

  find_zero_run (address, &from, &length);
  for (guint i = 0; i < 8; i++)
    {
      if (i == from)
        {
          ps_text_add (text, "::");
          i += length - 1;
          continue;
        }
      if (i > 0 && i != from + length)
        ps_text_add_char (text, ':');
      ps_text_add_hex (text, (guint)address[2 * i] << 8 | address[2 * i + 1], 1);
    }
}

void
ps_text_add_ether (PsText *text, const guint8 *address)
{
  for (guint i = 0; i < 6; i++)
    {
      if (i > 0)
        ps_text_add_char (text, ':');
      ps_text_add_hex (text, address[i], 2);
    }
}
