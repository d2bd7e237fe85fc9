/* The machine under hopd: state directory, rights, disk, descriptors, clock, ports. See doctor.h.
 */
#include "doctor/doctor.h"

#include "media/base/addr.h"
#include "media/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

enum {
    LEAST_MB = 200,           /* a day of meetings, and what SQLite needs to work */
    OTHER_DESCRIPTORS = 1024, /* as in server/http.c */
    CLOCK_TOLERANCE_S = 30,
};

/* ---- who runs -------------------------------------------------------------------------------- */

/* Who holds the lock, by the kernel's list; 0: not found. */
static int holder_of(ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    int found = 0;

    while (locks != NULL && found == 0 && fgets(line, sizeof(line), locks) != NULL) {
        char kind[16];
        unsigned long long at;
        int pid;

        if (sscanf(line, "%*s %15s %*s %*s %d %*x:%*x:%llu", kind, &pid, &at) == 3 &&
            strcmp(kind, "FLOCK") == 0 && at == (unsigned long long)inode)
            found = pid;
    }
    if (locks != NULL)
        fclose(locks);
    return found;
}

static void look_for_hopd(struct hop_doctor *d)
{
    g_autofree char *path = g_build_filename(d->config->state_dir, "lock", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return;
    d->runs = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (d->runs && fstat(fd, &st) == 0)
        d->hopd_pid = holder_of(st.st_ino);
    close(fd);
}

static void check_running(struct hop_doctor *d)
{
    if (d->runs)
        hop_report_add(d->report, "hopd", HOP_VERDICT_OK, NULL, "runs (process %d)", d->hopd_pid);
    else
        hop_report_add(d->report, "hopd", HOP_VERDICT_FAIL,
                       "systemctl start hop; journalctl -u hop tells why it does not",
                       "does not run on %s", d->config->state_dir);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void check_secret(struct hop_doctor *d, const char *path, bool *good)
{
    struct stat st;
    g_autofree char *mend = g_strdup_printf("chmod o= %s", path);

    if (path[0] == '\0' || stat(path, &st) != 0 || !(st.st_mode & S_IRWXO))
        return;
    *good = false;
    hop_report_add(d->report, "rights", HOP_VERDICT_FAIL, mend,
                   "%s is a secret that everybody may read (mode %04o)", path,
                   (unsigned)st.st_mode & 07777);
}

static bool writable_by_owner(struct hop_doctor *d, const struct stat *dir)
{
    static const char *const names[] = { "", "hop.db", "hop.db-wal", "lock" };
    const struct passwd *owner = getpwuid(dir->st_uid);
    const char *who = owner != NULL ? owner->pw_name : "hop";
    bool good = true;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(d->config->state_dir, names[i], NULL);
        g_autofree char *mend =
            g_strdup_printf("chown -R %s: %s; chmod u+rwX %s", who, d->config->state_dir, path);
        struct stat st;

        if (stat(path, &st) != 0 || (st.st_uid == dir->st_uid && (st.st_mode & 0600) == 0600))
            continue;
        good = false;
        hop_report_add(d->report, "rights", HOP_VERDICT_FAIL, mend,
                       "%s cannot be written by %s (owner %u, mode %04o)", path, who,
                       (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
    }
    return good;
}

static void check_rights(struct hop_doctor *d)
{
    const struct hop_config *c = d->config;
    g_autofree char *own = g_build_filename(c->state_dir, "own-key.pem", NULL);
    g_autofree char *mend =
        g_strdup_printf("correct state-dir, or make it: install -d -o hop %s", c->state_dir);
    struct stat st;
    bool good;

    if (stat(c->state_dir, &st) != 0) {
        hop_report_add(d->report, "rights", HOP_VERDICT_FAIL, mend, "%s: %s", c->state_dir,
                       g_strerror(errno));
        return;
    }
    good = writable_by_owner(d, &st);
    check_secret(d, c->private_key[0] != '\0' ? c->private_key : own, &good);
    check_secret(d, c->mail_password_file, &good);
    check_secret(d, c->turn_secret_file, &good);
    if (good)
        hop_report_add(d->report, "rights", HOP_VERDICT_OK, NULL, "%s and the secrets",
                       c->state_dir);
}

static void check_disk(struct hop_doctor *d)
{
    g_autofree char *mend = g_strdup_printf(
        "make room on the disk of %s, or move state-dir; below that hopd stores nothing",
        d->config->state_dir);
    struct statvfs fs;
    unsigned long long mb;

    if (statvfs(d->config->state_dir, &fs) != 0)
        return;
    mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    if (mb >= LEAST_MB)
        hop_report_add(d->report, "disk", HOP_VERDICT_OK, NULL, "%llu MB free", mb);
    else
        hop_report_add(d->report, "disk", HOP_VERDICT_FAIL, mend, "%llu MB free, %d are needed", mb,
                       LEAST_MB);
}

/* ---- limits, clock, ports -------------------------------------------------------------------- */

static void check_descriptors(struct hop_doctor *d)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/limits", d->hopd_pid);
    g_autofree char *text = NULL;
    const char *at;
    long soft = -1, wanted = d->config->http_connections + OTHER_DESCRIPTORS;
    g_autofree char *mend = g_strdup_printf(
        "LimitNOFILE=%ld in the unit (systemctl edit hop), or a smaller tcp-connections", wanted);

    if (d->hopd_pid == 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return;
    at = strstr(text, "Max open files");
    if (at == NULL || sscanf(at, "Max open files %ld", &soft) != 1)
        return; /* unlimited */
    if (soft >= wanted)
        hop_report_add(d->report, "descriptors", HOP_VERDICT_OK, NULL, "%ld", soft);
    else
        hop_report_add(d->report, "descriptors", HOP_VERDICT_FAIL, mend,
                       "%ld, but tcp-connections=%d needs %ld", soft, d->config->http_connections,
                       wanted);
}

/* On a network without a way out there is no clock to ask; but what was written cannot be of
 * tomorrow, and the kernel knows whether anybody sets it. */
static void check_clock(struct hop_doctor *d)
{
    static const char *const names[] = { "hop.db", "hop.db-wal", "lock" };
    struct timex tx = { 0 };
    time_t now = (time_t)(hop_wall_us() / 1000000), latest = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(d->config->state_dir, names[i], NULL);
        struct stat st;

        if (stat(path, &st) == 0)
            latest = MAX(latest, st.st_mtime);
    }
    if (latest > now + CLOCK_TOLERANCE_S)
        hop_report_add(
            d->report, "clock", HOP_VERDICT_FAIL,
            "set it and keep it: systemctl enable --now systemd-timesyncd (or chrony, "
            "with the network's own time server); sessions, invitations and TURN need it",
            "is %lld s behind: %s was written later than now", (long long)(latest - now),
            d->config->state_dir);
    else if (adjtimex(&tx) == TIME_ERROR)
        hop_report_add(d->report, "clock", HOP_VERDICT_WARN,
                       "let it be kept by a time server: systemctl enable --now systemd-timesyncd",
                       "nobody keeps it");
    else
        hop_report_add(d->report, "clock", HOP_VERDICT_OK, NULL, "kept by a time server");
}

/* 0, or why nobody could bind it. */
static int try_port(const char *ip, int port, int type)
{
    struct sockaddr_storage ss;
    struct hop_addr addr;
    int one = 1, error = 0, fd;

    if (hop_addr_parse(ip, (uint16_t)port, &addr) != 0)
        return EINVAL;
    fd = socket(addr.family, type | SOCK_CLOEXEC, 0);
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&ss, hop_addr_to_sockaddr(&addr, &ss)) != 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    return error;
}

/* Where hopd does not run: whether it could. */
static void check_ports(struct hop_doctor *d)
{
    const struct hop_config *c = d->config;
    int workers = c->workers > 0 ? c->workers : (int)sysconf(_SC_NPROCESSORS_ONLN), taken = 0;
    const char *ip = c->media_addresses[0] != NULL ? c->media_addresses[0] : "0.0.0.0";

    if (d->runs)
        return;
    for (int i = 0; i < workers && c->media_port > 0; i++) {
        g_autofree char *mend =
            g_strdup_printf("end what uses it (ss -ulpn 'sport = %d'), or choose "
                            "another port in [media]",
                            c->media_port + i);

        if (try_port(ip, c->media_port + i, SOCK_DGRAM) != EADDRINUSE)
            continue;
        taken++;
        hop_report_add(d->report, "ports", HOP_VERDICT_FAIL, mend,
                       "UDP %s:%d of media worker %d is in use by another program", ip,
                       c->media_port + i, i);
    }
    if (c->https_port > 0 && try_port("0.0.0.0", c->https_port, SOCK_STREAM) == EADDRINUSE) {
        taken++;
        hop_report_add(d->report, "ports", HOP_VERDICT_FAIL,
                       "end what uses it (ss -tlpn), or choose another https-port",
                       "TCP %d is in use by another program", c->https_port);
    }
    if (taken == 0)
        hop_report_add(d->report, "ports", HOP_VERDICT_OK, NULL, "free for hopd");
}

void hop_doctor_machine(struct hop_doctor *d)
{
    look_for_hopd(d);
    check_running(d);
    check_rights(d);
    check_disk(d);
    check_descriptors(d);
    check_clock(d);
    check_ports(d);
}
