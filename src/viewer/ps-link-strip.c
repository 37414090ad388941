/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-link-strip.h"

#include <glib/gi18n.h>

#define LINKS_MAX 100u /* the rest is counted: a widget each is not cheap */

struct _PsLinkStrip {
  AdwBin parent_instance;

  GtkLabel *words;
  GtkBox *links;
  GtkLabel *more;
  guint n;
};

G_DEFINE_FINAL_TYPE (PsLinkStrip, ps_link_strip, ADW_TYPE_BIN)

enum { FOLLOW, N_SIGNALS };
static guint signals[N_SIGNALS];

void
ps_link_strip_reset (PsLinkStrip *self, const char *words)
{
  GtkWidget *child;

  g_return_if_fail (PS_IS_LINK_STRIP (self));
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->links))) != NULL)
    gtk_box_remove (self->links, child);
  self->n = 0;
  gtk_label_set_label (self->words, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->words), words != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->more), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self), words != NULL);
}

static void
on_clicked (GtkButton *button, PsLinkStrip *self)
{
  const guint64 *number = g_object_get_data (G_OBJECT (button), "number");

  g_signal_emit (self, signals[FOLLOW], 0, *number);
}

void
ps_link_strip_add (PsLinkStrip *self, guint64 number, const char *text, const char *tooltip)
{
  GtkWidget *button;

  g_return_if_fail (PS_IS_LINK_STRIP (self));
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  if (++self->n > LINKS_MAX)
    {
      g_autofree char *more =
          g_strdup_printf (g_dngettext (NULL, "and %u more", "and %u more", self->n - LINKS_MAX),
                           self->n - LINKS_MAX);
      gtk_label_set_label (self->more, more);
      gtk_widget_set_visible (GTK_WIDGET (self->more), TRUE);
      return;
    }
  button = gtk_button_new_with_label (text);
  gtk_widget_add_css_class (button, "packet-link");
  gtk_widget_add_css_class (button, "numeric");
  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_widget_set_sensitive (button, number != 0);
  g_object_set_data_full (G_OBJECT (button), "number", g_memdup2 (&number, sizeof number), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (on_clicked), self, 0);
  gtk_box_append (self->links, button);
}

static void
ps_link_strip_class_init (PsLinkStripClass *klass)
{
  signals[FOLLOW] = g_signal_new ("follow", PS_TYPE_LINK_STRIP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

static void
ps_link_strip_init (PsLinkStrip *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->words = GTK_LABEL (gtk_label_new (NULL));
  self->links = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4));
  self->more = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->more), "dim-label");
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->words));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->links));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->more));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_AUTOMATIC,
                                  GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), box);
  adw_bin_set_child (ADW_BIN (self), scrolled);
  ps_link_strip_reset (self, NULL);
}

GtkWidget *
ps_link_strip_new (void)
{
  return g_object_new (PS_TYPE_LINK_STRIP, NULL);
}
