/* The one directory in which everything lasting is. Called at start. */
#pragma once

/* Makes the directory if it is not there, checks that it can be written to, and locks it against a
 * second server. Returns the lock's descriptor (close it to unlock), or a negative errno:
 * -EWOULDBLOCK another hopd uses it; else as open() and mkdir(). */
int hop_state_dir_open(const char *path);
