/* The handlers of hop.v1, one per op; see docs/protocol.md, "Requests". dispatch has decoded the
 * request and checked that a participant is there (join and resume excepted). A handler may end the
 * participant and his room: nothing of them is touched after it.
 *
 * Called by: dispatch. Control thread.
 */
#pragma once

#include "signaling/dispatch.h"
#include "signaling/room.h"

/* join.c */
void hop_handle_join(struct hop_call *call);
void hop_handle_resume(struct hop_call *call);
void hop_handle_leave(struct hop_call *call);
/* A room that some wait for is loaded, or could not be (negative errno): each is answered. */
void hop_join_continue(struct hop_room *room, int error);

/* negotiation.c */
void hop_handle_offer(struct hop_call *call);

/* view.c */
void hop_handle_view(struct hop_call *call);

/* moderation.c */
void hop_handle_mute(struct hop_call *call);
void hop_handle_mute_all(struct hop_call *call);
void hop_handle_ask_unmute(struct hop_call *call);
void hop_handle_hand(struct hop_call *call);
void hop_handle_role(struct hop_call *call);
void hop_handle_remove(struct hop_call *call);
void hop_handle_room(struct hop_call *call);
void hop_handle_hall(struct hop_call *call);
void hop_handle_end(struct hop_call *call);

/* lobby.c */
void hop_handle_admit(struct hop_call *call);
void hop_handle_refuse(struct hop_call *call);
void hop_handle_send_back(struct hop_call *call);

/* attendance.c */
void hop_handle_site(struct hop_call *call);
void hop_handle_attendance(struct hop_call *call);
void hop_handle_mark(struct hop_call *call);

/* chat.c */
void hop_handle_chat(struct hop_call *call);
void hop_handle_chat_history(struct hop_call *call);

/* self.c */
void hop_handle_media(struct hop_call *call);
void hop_handle_rename(struct hop_call *call);
void hop_handle_ping(struct hop_call *call);
void hop_handle_stats(struct hop_call *call);
