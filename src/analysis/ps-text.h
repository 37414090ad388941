/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text put together in a buffer of fixed size, without allocation: the rows of
 * the packet list are made while scrolling, a hundred thousand a second. What
 * does not fit is left out; the text is always zero-terminated.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *at;
  char *end; /* the last byte of the buffer */
} PsText;

void ps_text_init (PsText *text, char *buffer, gsize size);
void ps_text_add (PsText *text, const char *string);
void ps_text_add_char (PsText *text, char character);
void ps_text_add_number (PsText *text, guint64 number);
/* At least `digits` hexadecimal digits, without a prefix. */
void ps_text_add_hex (PsText *text, guint64 number, guint digits);
/* Bytes a packet claims are text; what is not printable ASCII becomes a dot. */
void ps_text_add_untrusted (PsText *text, const guint8 *bytes, gsize length);
void ps_text_add_ipv4 (PsText *text, const guint8 *address);
/* RFC 5952. */
void ps_text_add_ipv6 (PsText *text, const guint8 *address);
void ps_text_add_ether (PsText *text, const guint8 *address);

G_END_DECLS
