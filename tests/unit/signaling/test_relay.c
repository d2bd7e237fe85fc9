/* Offers against the real relay, and what its events become: lines, slots, speakers, lost media. */
#include "harness.h"

#include "signaling/pictures.h"

static struct hop_participant *inside(struct meeting *m, hop_participant_number number)
{
    return hop_room_participant(hop_room_find(m->signaling, "r"), number);
}

static struct client *with_media(struct meeting *m, const char *name, const char *offer)
{
    struct client *c = client_new(m);
    g_autofree char *sdp = offer_text(offer, NULL);
    json_t *data =
        ask(m, c, "join", json_pack("{s:s,s:s,s:s}", "room", "r", "name", name, "offer", sdp));
    assert_non_null(strstr(text_at(data, "answer"), "a=ice-lite"));
    json_decref(data);
    return c;
}

static void tell(struct meeting *m, struct hop_media_event event)
{
    hop_signaling_media_event(m->signaling, &event);
    pump(m);
}

static void connected(struct meeting *m, hop_participant_number number)
{
    tell(m, (struct hop_media_event){ .type = HOP_MEDIA_CONNECTED,
                                      .peer = inside(m, number)->peer,
                                      .path = { .profile = HOP_SRTP_AEAD_AES_128_GCM } });
}

static void line_comes_up(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct client *b = joined(m, "B");
    assert_int_equal(inside(m, 1)->line, HOP_LINE_CONNECTING);
    connected(m, 1);
    json_t *event = take_event(a, "media.path");
    assert_string_equal(text_at(event, "path"), "udp");
    assert_string_equal(text_at(event, "srtp"), "AEAD_AES_128_GCM");
    json_decref(event);
    event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "up");
    json_decref(event);
    tell(m, (struct hop_media_event){ .type = HOP_MEDIA_SUSPENDED, .peer = inside(m, 1)->peer });
    event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "down");
    json_decref(event);
    tell(m,
         (struct hop_media_event){ .type = HOP_MEDIA_PATH,
                                   .peer = inside(m, 1)->peer,
                                   .path = { .profile = HOP_SRTP_AEAD_AES_128_GCM, .tcp = true } });
    event = take_event(a, "media.path");
    assert_string_equal(text_at(event, "path"), "tcp");
    json_decref(event);
    event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "up");
    json_decref(event);
}

static void csrc_is_the_relays(void **state)
{
    struct meeting *m = *state;
    (void)with_media(m, "A", "chromium");
    json_t *data = join(m, client_new(m), "r", "B");
    assert_int_equal(json_integer_value(at(data, "snapshot.participants.0.csrc")),
                     hop_route_csrc(inside(m, 1)->peer));
    assert_int_equal(json_integer_value(at(data, "snapshot.participants.1.csrc")), 0);
    json_decref(data);
}

static void bad_offer_joins_nothing(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = client_new(m);
    ask_refused(m, b, "join",
                json_pack("{s:s,s:s,s:s}", "room", "r", "name", "B", "offer", "nonsense"),
                "sdp.malformed");
    assert_null(take_event(a, "participant.joined"));
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 1);
    json_t *data = join(m, b, "r", "B");
    assert_string_equal(text_at(data, "snapshot.participants.1.role"), "guest");
    json_decref(data);
    ask_refused(m, b, "offer", json_pack("{s:s}", "sdp", "v=0\r\n"), "sdp.malformed");
}

/* The very first one fails: the next is still the first, and chair. */
static void bad_first_offer(void **state)
{
    struct meeting *m = *state;
    ask_refused(m, client_new(m), "join",
                json_pack("{s:s,s:s,s:s}", "room", "r", "name", "A", "offer", "nonsense"),
                "sdp.malformed");
    json_t *data = join(m, client_new(m), "r", "B");
    assert_string_equal(text_at(data, "snapshot.participants.0.role"), "chair");
    json_decref(data);
}

static char *answer_of(struct meeting *m, struct client *c, const char *name, const char *ufrag)
{
    g_autofree char *sdp = offer_text(name, ufrag);
    json_t *data = ask(m, c, "offer", json_pack("{s:s}", "sdp", sdp));
    char *answer = g_strdup(text_at(data, "answer"));
    json_decref(data);
    return answer;
}

static char *line_of(const char *text, const char *begin)
{
    const char *line = strstr(text, begin);
    assert_non_null(line);
    return g_strndup(line, strcspn(line, "\r"));
}

static void offer_later_and_restart(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    forget_frames(b);
    g_autofree char *first = answer_of(m, a, "chromium", NULL);
    hop_peer_id peer = inside(m, 1)->peer;
    json_t *event = take_event(b, "participant.changed");
    assert_int_equal(json_integer_value(at(event, "participant.csrc")), hop_route_csrc(peer));
    json_decref(event);

    /* said twice */
    g_autofree char *again = answer_of(m, a, "chromium", NULL);
    g_autofree char *ufrag1 = line_of(first, "a=ice-ufrag:");
    g_autofree char *ufrag2 = line_of(again, "a=ice-ufrag:");
    assert_string_equal(ufrag1, ufrag2);
    assert_int_equal(inside(m, 1)->peer, peer);

    /* an ICE restart: other credentials, same streams */
    g_autofree char *restarted = answer_of(m, a, "chromium", "QQQQ");
    g_autofree char *ufrag3 = line_of(restarted, "a=ice-ufrag:");
    assert_string_not_equal(ufrag1, ufrag3);
    assert_int_equal(inside(m, 1)->peer, peer);
    g_autofree char *ssrc1 = line_of(first, "a=ssrc-group:FID");
    g_autofree char *ssrc3 = line_of(restarted, "a=ssrc-group:FID");
    assert_string_equal(ssrc1, ssrc3);

    /* another RTCPeerConnection: media begins anew */
    g_autofree char *other = answer_of(m, a, "firefox", NULL);
    assert_int_not_equal(inside(m, 1)->peer, peer);
    g_autofree char *ssrc4 = line_of(other, "a=ssrc-group:FID");
    assert_string_not_equal(ssrc1, ssrc4);
}

/* Slots appended: with an ICE restart they are taken, without one it is no continuation. */
static void appended_slots(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    g_free(answer_of(m, a, "chromium", NULL));
    g_autofree char *sdp = offer_text("chromium", NULL);
    GString *slot = g_string_new(g_strrstr(sdp, "m=video"));
    assert_int_equal(g_string_replace(slot, "a=mid:12", "a=mid:13", 0), 1);
    GString *more = g_string_new(sdp);
    assert_int_equal(g_string_replace(more, "BUNDLE 0 ", "BUNDLE 0 13 ", 0), 1);
    g_string_append(more, slot->str);
    g_string_free(slot, TRUE);
    ask_refused(m, a, "offer", json_pack("{s:s}", "sdp", more->str), "sdp.changed");
    g_string_replace(more, "a=ice-ufrag:2p4/", "a=ice-ufrag:ZZZZ", 0);
    json_t *data = ask(m, a, "offer", json_pack("{s:s}", "sdp", more->str));
    assert_non_null(strstr(text_at(data, "answer"), "a=msid:slot-9 slot-9"));
    assert_int_equal(inside(m, 1)->desc->n_slots, 10);
    json_decref(data);
    /* and away again, in the same RTCPeerConnection */
    g_autofree char *fewer = offer_text("chromium", "YYYY");
    ask_refused(m, a, "offer", json_pack("{s:s}", "sdp", fewer), "sdp.changed");
    g_string_free(more, TRUE);
}

static void media_lost_and_begun_anew(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct client *b = joined(m, "B");
    connected(m, 1);
    tell(m, (struct hop_media_event){ .type = HOP_MEDIA_TRACK,
                                      .peer = inside(m, 1)->peer,
                                      .track = { HOP_SOURCE_CAMERA, true } });
    forget_frames(b);
    hop_peer_id old = inside(m, 1)->peer;
    tell(m,
         (struct hop_media_event){ .type = HOP_MEDIA_GONE, .peer = old, .gone = HOP_GONE_CONSENT });
    json_t *event = take_event(a, "media.lost");
    assert_string_equal(text_at(event, "reason"), "consent");
    json_decref(event);
    event = take_event(b, "participant.changed");
    assert_true(json_is_false(at(event, "participant.active.camera")));
    assert_int_equal(json_integer_value(at(event, "participant.csrc")), 0);
    json_decref(event);
    event = take_event(b, "participant.changed");
    assert_string_equal(text_at(event, "participant.line"), "down");
    json_decref(event);
    assert_int_equal(hop_signaling_room_count(m->signaling, "r"), 2);
    /* a late event about the old media finds nothing */
    tell(m, (struct hop_media_event){ .type = HOP_MEDIA_PATH, .peer = old });
    assert_int_equal(inside(m, 1)->line, HOP_LINE_DOWN);
    g_free(answer_of(m, a, "chromium", NULL));
    assert_int_not_equal(inside(m, 1)->peer, old);
    assert_int_equal(inside(m, 1)->line, HOP_LINE_CONNECTING);
}

/* Media dies while the WebSocket is away: told after the resume. */
static void media_lost_while_away(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct hop_participant *p = inside(m, 1);
    char session[HOP_TOKEN_CHARS + 1];
    char secret[HOP_TOKEN_CHARS + 1];
    memcpy(session, p->token, sizeof session);
    memcpy(secret, p->secret, sizeof secret);
    connected(m, 1);
    client_gone(a);
    assert_int_equal(p->line, HOP_LINE_DOWN);
    assert_int_not_equal(p->peer, 0); /* media goes on */
    tell(m, (struct hop_media_event){
                .type = HOP_MEDIA_GONE, .peer = p->peer, .gone = HOP_GONE_TIMEOUT });
    struct client *b = client_new(m);
    b->seq = a->seq;
    json_decref(ask(m, b, "resume", json_pack("{s:s,s:s}", "session", session, "secret", secret)));
    json_t *event = take_event(b, "media.lost");
    assert_string_equal(text_at(event, "reason"), "timeout");
    json_decref(event);
}

static void resume_keeps_media(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct hop_participant *p = inside(m, 1);
    connected(m, 1);
    hop_peer_id peer = p->peer;
    client_gone(a);
    struct client *b = client_new(m);
    b->seq = a->seq;
    json_t *data =
        ask(m, b, "resume", json_pack("{s:s,s:s}", "session", p->token, "secret", p->secret));
    assert_string_equal(text_at(data, "snapshot.participants.0.line"), "up");
    assert_int_equal(p->peer, peer);
    assert_null(take_event(b, "media.lost"));
    json_decref(data);
    /* and with an offer: an ICE restart at once */
    g_autofree char *sdp = offer_text("chromium", "RRRR");
    client_gone(b);
    struct client *c = client_new(m);
    c->seq = b->seq;
    data = ask(m, c, "resume",
               json_pack("{s:s,s:s,s:s}", "session", p->token, "secret", p->secret, "offer", sdp));
    assert_non_null(strstr(text_at(data, "answer"), "a=ice-lite"));
    assert_int_equal(p->peer, peer);
    json_decref(data);
}

static void slots_name_people(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct client *b = with_media(m, "B", "firefox");
    struct hop_media_event event = { .type = HOP_MEDIA_SLOTS, .peer = inside(m, 1)->peer };
    event.slots.n = 9;
    event.slots.slots[0] = (struct hop_slot_state){ .peer = inside(m, 2)->peer,
                                                    .source = HOP_SOURCE_CAMERA,
                                                    .layer = 2 };
    event.slots.slots[1].peer = 123456789; /* someone who is gone */
    event.slots.slots[4] =
        (struct hop_slot_state){ .peer = inside(m, 2)->peer, .source = HOP_SOURCE_SCREEN };
    tell(m, event);
    json_t *data = take_event(a, "slots");
    assert_int_equal(json_array_size(at(data, "slots")), 2);
    assert_string_equal(text_at(data, "slots.0.participant"), "p2");
    assert_int_equal(json_integer_value(at(data, "slots.0.layer")), 2);
    assert_int_equal(json_integer_value(at(data, "slots.1.slot")), 4);
    assert_string_equal(text_at(data, "slots.1.source"), "screen");
    json_decref(data);
    assert_null(take_event(b, "slots"));
    /* who left is in no snapshot */
    ask_ok(m, b, "leave", json_object());
    json_t *slots = hop_json_slots(inside(m, 1));
    assert_int_equal(json_array_size(slots), 0);
    json_decref(slots);
}

static void speakers(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    struct client *b = joined(m, "B");
    struct hop_media_event event = { .type = HOP_MEDIA_SPEAKING,
                                     .room = hop_room_find(m->signaling, "r")->media };
    event.speaking.n = 2;
    event.speaking.peers[0] = inside(m, 1)->peer;
    event.speaking.levels[0] = 23;
    event.speaking.peers[1] = 99;
    tell(m, event);
    json_t *data = take_event(b, "speaking");
    assert_int_equal(json_array_size(at(data, "speakers")), 1);
    assert_string_equal(text_at(data, "speakers.0.participant"), "p1");
    assert_int_equal(json_integer_value(at(data, "speakers.0.level")), 23);
    json_decref(data);
    json_decref(take_event(a, "speaking"));
    event.speaking.n = 0;
    tell(m, event);
    data = take_event(b, "speaking");
    assert_int_equal(json_array_size(at(data, "speakers")), 0);
    json_decref(data);
}

static void views(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    json_t *view = json_pack("{s:[{s:s,s:s}]}", "tiles", "participant", "p2", "source", "camera");
    ask_refused(m, a, "view", json_incref(view), "participant.unknown");
    struct client *b = with_media(m, "B", "firefox");
    ask_ok(m, b, "leave", json_object());
    ask_ok(m, a, "view", view); /* has just left: passed over */
    assert_int_equal(inside(m, 1)->view.n, 1);
}

static void muted_before_the_offer(void **state)
{
    struct meeting *m = *state;
    struct client *a = joined(m, "A");
    struct client *b = joined(m, "B");
    ask_ok(m, a, "mute",
           json_pack("{s:s,s:s,s:b}", "participant", "p2", "source", "camera", "muted", true));
    g_free(answer_of(m, b, "chromium", NULL));
    assert_int_equal(inside(m, 2)->desc->allowed,
                     HOP_SOURCE_ALL & ~HOP_SOURCE_BIT(HOP_SOURCE_CAMERA));
}

struct seen {
    int rooms, participants, workers;
    uint32_t rx_bps;
    double cpu;
    char path[8];
};

static void seen_room(void *ctx, const char *code, const char *title, int64_t started_at_us)
{
    assert_string_equal(code, "r");
    assert_string_equal(title, "Giao ban tuần");
    assert_int_equal(started_at_us, WALL_US + 1000000);
    ((struct seen *)ctx)->rooms++;
}

static void seen_participant(void *ctx, const struct hop_live_participant *p)
{
    struct seen *s = ctx;
    s->participants++;
    s->rx_bps += p->stats.rx_bps;
    if (strcmp(p->id, "p1") == 0) {
        (void)g_strlcpy(s->path, p->path, sizeof s->path);
        assert_string_equal(p->srtp, "AEAD_AES_128_GCM");
        assert_true(p->microphone);
        assert_false(p->camera);
        assert_int_equal((int)p->client_rtt_ms, 23);
        assert_true(p->client_fps < 0);
    }
}

static void seen_worker(void *ctx, const struct hop_worker_stats *w, double cpu)
{
    struct seen *s = ctx;
    s->workers++;
    s->cpu = cpu;
    assert_int_equal(w->peers, 7);
}

static void live_figures(void **state)
{
    struct meeting *m = *state;
    struct client *a = with_media(m, "A", "chromium");
    (void)joined(m, "B");
    ask_ok(m, a, "stats", json_pack("{s:i}", "rtt_ms", 23));
    connected(m, 1);
    hop_peer_id peer = inside(m, 1)->peer;
    tell(m, (struct hop_media_event){
                .type = HOP_MEDIA_TRACK, .peer = peer, .track = { HOP_SOURCE_MICROPHONE, true } });
    tell(m, (struct hop_media_event){
                .type = HOP_MEDIA_PEER_STATS, .peer = peer, .stats = { .rx_bps = 4711 } });
    struct hop_media_event w = { .type = HOP_MEDIA_WORKER_STATS };
    w.worker.cpu_us = 1000000;
    tell(m, w);
    advance(m, 1000);
    w.worker.cpu_us = 1250000;
    w.worker.peers = 7;
    tell(m, w);
    w.worker.index = 64; /* more workers than there can be */
    tell(m, w);
    struct seen s = { 0 };
    struct hop_live_ops ops = { seen_room, seen_participant, seen_worker };
    hop_signaling_live(m->signaling, &ops, &s);
    assert_int_equal(s.rooms, 1);
    assert_int_equal(s.participants, 2);
    assert_int_equal(s.rx_bps, 4711);
    assert_int_equal(s.workers, 1);
    assert_true(s.cpu > 0.249 && s.cpu < 0.251);
    assert_string_equal(s.path, "udp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        meeting_test(line_comes_up),
        meeting_test(csrc_is_the_relays),
        meeting_test(bad_offer_joins_nothing),
        meeting_test(bad_first_offer),
        meeting_test(offer_later_and_restart),
        meeting_test(appended_slots),
        meeting_test(media_lost_and_begun_anew),
        meeting_test(media_lost_while_away),
        meeting_test(resume_keeps_media),
        meeting_test(slots_name_people),
        meeting_test(speakers),
        meeting_test(views),
        meeting_test(muted_before_the_offer),
        meeting_test(live_figures),
    };
    return cmocka_run_group_tests(tests, NULL, drop_goldens);
}
