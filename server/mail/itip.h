/* Reads an answer to an invitation (METHOD:REPLY, RFC 5546 §3.2.3) as a mail gateway hands it in.
 * It comes from anybody. Control thread (libical).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HOP_ITIP_UID = 255, HOP_ITIP_ADDRESS = 254, HOP_ITIP_COMMENT = 2000, HOP_ITIP_MAX = 65536 };

enum hop_itip_answer { HOP_ITIP_ACCEPTED, HOP_ITIP_DECLINED, HOP_ITIP_TENTATIVE };

struct hop_itip_reply {
    char uid[HOP_ITIP_UID + 1];
    char attendee[HOP_ITIP_ADDRESS + 1]; /* lower case, valid (address.h) */
    enum hop_itip_answer answer;
    char comment[HOP_ITIP_COMMENT + 1]; /* UTF-8, one line; "" none */
    int64_t recurrence_us;              /* of one occurrence; 0: of the whole meeting */
    int64_t sequence;                   /* of the invitation that is answered */
};

/* 0; -EINVAL: no iCalendar object, or more than HOP_ITIP_MAX bytes; -ENOMSG: it is no REPLY with
 * one event, one attendee and an answer. */
int hop_itip_parse(const char *text, size_t len, struct hop_itip_reply *out);
