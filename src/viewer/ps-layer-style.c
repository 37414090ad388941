/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-layer-style.h"

#include <adwaita.h>
#include <glib/gi18n.h>

static const struct {
  const char *title;
  const char *css_class;
  GdkRGBA light;
  GdkRGBA dark;
} layers[PS_N_LAYERS] = {
  [PS_LAYER_SOCKET] = { N_ ("Socket"), "layer-socket", { .10, .37, .71, 1 }, { .47, .68, .93, 1 } },
  [PS_LAYER_TRANSPORT] = { N_ ("Transport"),
                           "layer-transport",
                           { .13, .56, .36, 1 },
                           { .34, .89, .54, 1 } },
  [PS_LAYER_NETWORK] = { N_ ("Network"),
                         "layer-network",
                         { .71, .49, .02, 1 },
                         { .97, .83, .18, 1 } },
  [PS_LAYER_FILTER] = { N_ ("Filter"), "layer-filter", { .57, .25, .67, 1 }, { .86, .54, .87, 1 } },
  [PS_LAYER_LINK] = { N_ ("Link"), "layer-link", { .78, .31, .00, 1 }, { 1.0, .64, .28, 1 } },
  [PS_LAYER_DEVICE] = { N_ ("Device"), "layer-device", { .39, .27, .17, 1 }, { .80, .67, .56, 1 } },
};

static const char *const stages[PS_N_STAGES] = {
  [PS_STAGE_DEVICE] = N_ ("Device"),   [PS_STAGE_QDISC] = N_ ("Qdisc"),
  [PS_STAGE_LINK] = N_ ("Link"),       [PS_STAGE_NETWORK] = N_ ("Network"),
  [PS_STAGE_DELIVER] = N_ ("Deliver"), [PS_STAGE_TRANSPORT] = N_ ("Transport"),
  [PS_STAGE_SOCKET] = N_ ("Socket"),   [PS_STAGE_APPLICATION] = N_ ("Application"),
};

static const char *const send_stages[PS_N_STAGES] = {
  [PS_STAGE_DEVICE] = N_ ("Send device"),   [PS_STAGE_QDISC] = N_ ("Send qdisc"),
  [PS_STAGE_LINK] = N_ ("Send link"),       [PS_STAGE_NETWORK] = N_ ("Send network"),
  [PS_STAGE_DELIVER] = N_ ("Send deliver"), [PS_STAGE_TRANSPORT] = N_ ("Send transport"),
  [PS_STAGE_SOCKET] = N_ ("Send socket"),   [PS_STAGE_APPLICATION] = N_ ("Send application"),
};

static const char *const directions[PS_N_DIRECTIONS] = {
  [PS_DIRECTION_UNKNOWN] = N_ ("n/a"),
  [PS_DIRECTION_IN] = N_ ("In"),
  [PS_DIRECTION_OUT] = N_ ("Out"),
  [PS_DIRECTION_FORWARD] = N_ ("Forward"),
};

static const char *const verdicts[PS_N_VERDICTS] = {
  [PS_VERDICT_INSIDE] = N_ ("Inside"),   [PS_VERDICT_DELIVERED] = N_ ("Delivered"),
  [PS_VERDICT_SENT] = N_ ("Sent"),       [PS_VERDICT_FORWARDED] = N_ ("Forwarded"),
  [PS_VERDICT_DROPPED] = N_ ("Dropped"),
};

static const char *const losses[PS_N_LOSSES] = {
  [PS_LOSS_RING_FULL] = N_ ("Ring buffer full"),
  [PS_LOSS_TABLE_FULL] = N_ ("Packet table full"),
  [PS_LOSS_STACK_FAILED] = N_ ("No stack given"),
  [PS_LOSS_RECURSION] = N_ ("Skipped on top of itself"),
  [PS_LOSS_READER] = N_ ("Reader too slow"),
  [PS_LOSS_EVICTED] = N_ ("Left memory (limit)"),
  [PS_LOSS_DISK] = N_ ("Not written to disk"),
  [PS_LOSS_CONTEXT_FULL] = N_ ("Too many threads with open calls, or nested too deep"),
  [PS_LOSS_RETURN] = N_ ("Return of a call not seen"),
};

static const char *const relations[PS_N_RELATIONS] = {
  [PS_RELATION_NONE] = N_ ("Unrelated"),
  [PS_RELATION_CROSSED] = N_ ("Crossed a virtual device"),
  [PS_RELATION_ENCAPSULATED] = N_ ("Sent on by a stacked device"),
  [PS_RELATION_CLONED] = N_ ("Clone"),
  [PS_RELATION_RETRANSMITTED] = N_ ("Retransmission"),
};

static gboolean
is_dark (void)
{
  return adw_style_manager_get_dark (adw_style_manager_get_default ());
}

void
ps_layer_color (GtkWidget *widget, guint layer, GdkRGBA *ret_color)
{
  if (layer >= PS_N_LAYERS)
    ps_text_color (widget, .5f, ret_color);
  else
    *ret_color = is_dark () ? layers[layer].dark : layers[layer].light;
}

void
ps_error_color (GtkWidget *widget, GdkRGBA *ret_color)
{
  *ret_color = is_dark () ? (GdkRGBA){ 1, .48, .39, 1 } : (GdkRGBA){ .75, .11, .16, 1 };
}

void
ps_link_color (GtkWidget *widget, GdkRGBA *ret_color)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);

  if (!gtk_style_context_lookup_color (context, "accent_color", ret_color))
    ps_text_color (widget, 1, ret_color);
}

void
ps_text_color (GtkWidget *widget, float alpha, GdkRGBA *ret_color)
{
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), ret_color);
  /* High contrast wants no faint text. */
  if (adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) && alpha > .3f)
    alpha = 1;
  ret_color->alpha *= alpha;
}

static const char *
title_of (const char *const *titles, guint n, guint index)
{
  return index < n && titles[index] != NULL ? _ (titles[index]) : _ ("n/a");
}

const char *
ps_layer_title (guint layer)
{
  return layer < PS_N_LAYERS ? _ (layers[layer].title) : _ ("n/a");
}

const char *
ps_stage_title (guint stage)
{
  return title_of (stage & PS_STAGE_SEND ? send_stages : stages, PS_N_STAGES,
                   stage & PS_STAGE_MASK);
}

const char *
ps_direction_title (guint direction)
{
  return title_of (directions, PS_N_DIRECTIONS, direction);
}

const char *
ps_verdict_title (guint verdict)
{
  return title_of (verdicts, PS_N_VERDICTS, verdict);
}

const char *
ps_loss_title (guint cause)
{
  return title_of (losses, PS_N_LOSSES, cause);
}

const char *
ps_relation_title (guint relation)
{
  return title_of (relations, PS_N_RELATIONS, relation);
}

const char *
ps_layer_css_class (guint layer)
{
  return layer < PS_N_LAYERS ? layers[layer].css_class : "layer-none";
}
