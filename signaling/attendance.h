/* Who was here from when to when, told to the host as it happens; and the list as moderators see
 * and complete it. docs/attendance.md.
 *
 * Called by: participant. Control thread. */
#pragma once

#include "signaling/participant.h"

/* His present stay, to the store; it is over when his record says that he left. */
void hop_attendance_save(const struct hop_participant *participant);
