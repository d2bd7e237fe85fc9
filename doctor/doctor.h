/* `hopctl doctor`: is this installation one in which people can meet? It reads what hopd reads,
 * looks at the machine, and takes part in a meeting of its own with the native client, through the
 * same addresses that participants are told. It changes nothing but for a room that nobody sees.
 *
 * Called by hopctl. One thread; it blocks, for a minute at most.
 */
#pragma once

#include "doctor/report.h"
#include "server/config.h"

/* Exit code: 0 nothing is wrong; 1 something is. `config_path` NULL: hopd's defaults; `state_dir`
 * NULL: as the configuration says. Prints to stdout. */
int hop_doctor(const char *config_path, const char *state_dir, bool json);

/* ---- what the files of this folder share ------------------------------------------------------ */

struct hop_doctor {
    struct hop_report *report;
    struct hop_config *config;
    bool runs;     /* a hopd holds the state directory */
    int hopd_pid;  /* 0: not known */
    char *host;    /* under which people reach it; NULL: no name is configured */
    int told_port; /* of HTTPS, from outside */
};

/* machine.c: state directory, rights, disk, descriptors, clock, ports. */
void hop_doctor_machine(struct hop_doctor *d);
/* network.c: name, certificate, mail server. */
void hop_doctor_network(struct hop_doctor *d);
/* media.c: WebSocket, UDP, ICE-TCP, AES-GCM. */
void hop_doctor_media(struct hop_doctor *d);
/* relay.c: the TURN servers. */
void hop_doctor_relay(struct hop_doctor *d);

/* The address that participants are told for media, "" when it is not known. */
void hop_doctor_media_address(const struct hop_doctor *d, char out[64]);
