/* See state_dir.h. */
#include "server/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/file.h>
#include <unistd.h>

int hop_state_dir_open(const char *path)
{
    g_autofree char *lock = g_build_filename(path, "lock", NULL);
    int fd, error;

    if (g_mkdir_with_parents(path, 0750) != 0)
        return -errno;
    fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}
