/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a call looks in a cell of the tree, and what its parts tell. */
#pragma once

#include "viewer/ps-call-cell.h"

G_BEGIN_DECLS

/* One thing in the function's cell, from the left. */
typedef enum {
  PS_CALL_PIECE_ARROW,
  PS_CALL_PIECE_SWATCH,
  PS_CALL_PIECE_NAME,
  PS_CALL_PIECE_LAYER,
  PS_CALL_PIECE_DROPPED,
  PS_CALL_PIECE_BOUNDARY,
  PS_CALL_PIECE_STAGE,
  PS_CALL_PIECE_VALUE,
  PS_CALL_PIECE_LINK,
  PS_N_CALL_PIECES,
} PsCallPieceKind;

typedef struct {
  char *text; /* NULL: the piece is not there */
  float x;
  float width;
} PsCallPiece;

typedef struct {
  PsCallPiece pieces[PS_N_CALL_PIECES];
  float width; /* of all */
} PsCallLine;

/* `exact`: measured, else by the number of characters, which is enough to plan with. */
void ps_call_line_init (PsCallLine *self,
                        GtkWidget *widget,
                        const PsCallContext *context,
                        guint32 call,
                        gboolean exact);
void ps_call_line_clear (PsCallLine *self);
void ps_call_line_draw (const PsCallLine *self,
                        GtkWidget *widget,
                        GtkSnapshot *snapshot,
                        const PsCallContext *context,
                        guint32 call);

/* What only encloses the packet's own calls is fainter, as it is in the flame chart. */
float ps_call_text_alpha (const PsCallContext *context, guint32 call);

/* The text of a column of numbers; transfer full. `ret_why` (transfer full) is its tooltip. */
char *
ps_call_number (const PsCallContext *context, PsCallColumn column, guint32 call, char **ret_why);
/* TRUE if the number is one to look at. */
gboolean ps_call_is_guilty (const PsCallContext *context, guint32 call);

/* The packet that a call is tied to; NULL: to none. `ret_sentences` (transfer full, nullable)
 * names all there are. */
const PsJourneyEdge *ps_call_find_edge (PsJourney *journey, guint32 call, char **ret_sentences);
/* The stage that was passed under a call; NULL: none. */
const PsJourneyStage *ps_call_find_stage (PsJourney *journey, const PsCall *call);

G_END_DECLS
