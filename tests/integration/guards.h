/* Two participants in a room of their own who hear each other while somebody else misbehaves: group
 * set-up joins them, every test's tear-down wants them unharmed. */
#pragma once

#include "tests/integration/meeting.h"

/* Group set-up: hopd and the two. */
int guards_begin(void **state);
/* Test set-up and tear-down: meeting_open(), meeting_close(), and the two still hear each other,
 * nothing was lost, their line is the same. */
int guards_open(void **state);
int guards_close(void **state);

#define guarded_test(f) cmocka_unit_test_setup_teardown(f, guards_open, guards_close)
