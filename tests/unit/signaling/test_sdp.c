/* Offers of real browsers, offers that are wrong, and the answers. */
#include "harness.h"

static struct hop_codec_order vp8_first = {
    { HOP_CODEC_VP8, HOP_CODEC_H264, HOP_CODEC_VP9, HOP_CODEC_AV1 }, 4
};
static struct hop_refusal why;

static struct hop_sdp_offer *parse(const char *text)
{
    struct hop_sdp_offer *offer = NULL;
    why = (struct hop_refusal){ 0 };
    if (!hop_sdp_offer_parse(text, strlen(text), &vp8_first, &offer, &why))
        return NULL;
    return offer;
}

static struct hop_sdp_offer *parse_golden(const char *name)
{
    g_autofree char *text = offer_text(name, NULL);
    struct hop_sdp_offer *offer = parse(text);
    if (offer == NULL)
        fail_msg("%s: %s %s", name, hop_error_code(why.error), why.where);
    return offer;
}

static void chromium(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse_golden("chromium");
    const struct hop_peer_desc *d = hop_sdp_offer_desc(offer);
    assert_string_equal(d->remote_ufrag, "2p4/");
    assert_string_equal(d->remote_pwd, "Ge72rGfpjJLzPlMrrsBpvRzW");
    assert_string_equal(d->fingerprint_hash, "sha-256");
    assert_int_equal(d->fingerprint_len, 32);
    assert_int_equal(d->fingerprint[0], 0x80);
    assert_int_equal(d->fingerprint[31], 0x91);
    assert_int_equal(d->n_tracks, 4);
    assert_int_equal(d->n_slots, 9);
    assert_int_equal(d->mix_pt, 111);
    assert_false(d->mix_stereo);
    assert_int_equal(d->allowed, HOP_SOURCE_ALL);
    assert_int_equal(d->ext.audio_level, 1);
    assert_int_equal(d->ext.abs_send_time, 2);
    assert_int_equal(d->ext.twcc, 3);
    assert_int_equal(d->ext.mid, 4);
    assert_int_equal(d->ext.rid, 10);
    assert_int_equal(d->ext.rrid, 11);
    assert_int_equal(d->ext.mix_levels, 0);
    const struct hop_track_desc *camera = &d->tracks[1];
    assert_int_equal(camera->source, HOP_SOURCE_CAMERA);
    assert_string_equal(camera->mid, "1");
    assert_int_equal(camera->n_rids, 3);
    assert_string_equal(camera->rids[0], "l");
    assert_string_equal(camera->rids[2], "h");
    assert_int_equal(camera->ssrc, 0);
    static const struct hop_codec_desc codecs[] = {
        { HOP_CODEC_VP8, 96, 97 },
        { HOP_CODEC_H264, 108, 109 }, /* 42e01f, packetization-mode 1 */
        { HOP_CODEC_VP9, 98, 99 },    /* profile 0 */
        { HOP_CODEC_AV1, 45, 46 },
    };
    assert_int_equal(camera->n_codecs, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(camera->codecs[i].codec, codecs[i].codec);
        assert_int_equal(camera->codecs[i].pt, codecs[i].pt);
        assert_int_equal(camera->codecs[i].rtx_pt, codecs[i].rtx_pt);
    }
    assert_int_equal(d->ext.dependency_descriptor, 12);
    assert_true(d->slots[0].reads_descriptor);
    assert_int_equal(d->tracks[2].source, HOP_SOURCE_SCREEN);
    assert_int_equal(d->tracks[2].ssrc, 3112445446u);
    assert_int_equal(d->tracks[2].rtx_ssrc, 2169553444u);
    assert_int_equal(d->tracks[3].source, HOP_SOURCE_SCREEN_AUDIO);
    assert_int_equal(d->tracks[0].ssrc, 774891226u);
    assert_int_equal(d->tracks[0].codecs[0].rtx_pt, 0xff);
    assert_int_equal(d->tracks[0].red_pt, 63);
    assert_int_equal(d->tracks[3].red_pt, 0);
    assert_int_equal(d->n_voices, 0);
    assert_string_equal(d->slots[8].mid, "12");
    assert_int_equal(d->slots[8].n_codecs, 4);
    hop_sdp_offer_free(offer);
}

static void firefox(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse_golden("firefox");
    const struct hop_peer_desc *d = hop_sdp_offer_desc(offer);
    assert_int_equal(d->fingerprint[0], 0xdf);
    assert_int_equal(d->n_tracks, 4);
    assert_int_equal(d->n_slots, 9);
    assert_true(d->mix_stereo);
    assert_int_equal(d->ext.mix_levels, 2);
    assert_int_equal(d->ext.mid, 3);
    assert_int_equal(d->tracks[1].n_rids, 3);
    assert_int_equal(d->tracks[1].ssrc, 0);
    assert_int_equal(d->tracks[1].n_codecs, 3); /* no H.264 */
    assert_int_equal(d->ext.dependency_descriptor, 8);
    assert_false(d->slots[0].reads_descriptor);
    assert_int_equal(d->tracks[1].codecs[0].pt, 120);
    assert_int_equal(d->tracks[1].codecs[0].rtx_pt, 124);
    assert_int_equal(hop_sdp_offer_session(offer), 2394513876800127503u);
    hop_sdp_offer_free(offer);
}

static void order_of_codecs(void **state)
{
    (void)state;
    struct hop_codec_order order = { { 0 }, 0 };
    assert_int_equal(hop_codec_order_parse("H264, vp8", &order), 0);
    assert_int_equal(order.codecs[0], HOP_CODEC_H264);
    assert_int_equal(order.n, 2);
    assert_int_equal(hop_codec_order_parse("VP8,VP8", &order), -EINVAL);
    assert_int_equal(hop_codec_order_parse("AV2", &order), -EINVAL);
    assert_int_equal(hop_codec_order_parse("", &order), -EINVAL);
    assert_int_equal(hop_codec_order_parse("opus", &order), -EINVAL);
    g_autofree char *text = offer_text("chromium", NULL);
    struct hop_sdp_offer *offer = NULL;
    assert_true(hop_sdp_offer_parse(text, strlen(text), &order, &offer, &why));
    const struct hop_peer_desc *d = hop_sdp_offer_desc(offer);
    assert_int_equal(d->tracks[1].codecs[0].codec, HOP_CODEC_H264);
    assert_int_equal(d->slots[0].n_codecs, 4); /* slots take all whatever the order */
    hop_sdp_offer_free(offer);
    assert_int_equal(hop_codec_order_parse("H264", &order), 0);
    assert_true(hop_sdp_offer_parse(text, strlen(text), &order, &offer, &why));
    assert_int_equal(hop_sdp_offer_desc(offer)->tracks[1].n_codecs, 1);
    assert_int_equal(hop_sdp_offer_desc(offer)->slots[0].n_codecs, 4);
    hop_sdp_offer_free(offer);
}

static struct hop_peer_local some_local(void)
{
    struct hop_peer_local l = { .ufrag = "abcdEFGH",
                                .pwd = "0123456789abcdefghijABCD",
                                .n_candidates = 3,
                                .mix_ssrc = 1000,
                                .cname = "hop" };
    for (uint32_t i = 0; i < HOP_MAX_VOICES; i++)
        l.voices[i] = 4000 + i;
    for (uint32_t i = 0; i < HOP_MAX_SLOTS; i++) {
        l.slots[i].ssrc = 2000 + i;
        l.slots[i].rtx_ssrc = 3000 + i;
    }
    (void)hop_addr_parse("192.0.2.7", 5000, &l.candidates[0].addr);
    (void)hop_addr_parse("2001:db8::7", 5000, &l.candidates[1].addr);
    (void)hop_addr_parse("192.0.2.7", 5000, &l.candidates[2].addr);
    l.candidates[2].tcp = true;
    for (uint32_t i = 0; i < 3; i++) {
        l.candidates[i].priority = 2130706431 - i;
        l.candidates[i].foundation = i + 1;
    }
    return l;
}

static void has(const char *text, const char *line)
{
    g_autofree char *whole = g_strdup_printf("%s\r\n", line);
    if (strstr(text, whole) == NULL)
        fail_msg("no %s in\n%s", line, text);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
        n++;
    return n;
}

static void answer_to_chromium(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse_golden("chromium");
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB:CD", 3);
    assert_memory_equal(a, "v=0\r\no=- 1000 3 IN IP4 0.0.0.0\r\n", 32);
    has(a, "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12");
    has(a, "a=ice-lite");
    assert_int_equal(count(a, "\r\nm="), 13);
    assert_int_equal(count(a, "a=setup:passive\r\n"), 13);
    assert_int_equal(count(a, "a=fingerprint:sha-256 AB:CD\r\n"), 13);
    assert_int_equal(count(a, "a=ice-pwd:0123456789abcdefghijABCD\r\n"), 13);
    assert_int_equal(count(a, "a=sendrecv\r\n"), 1);
    assert_int_equal(count(a, "a=recvonly\r\n"), 3);
    assert_int_equal(count(a, "a=sendonly\r\n"), 9);
    assert_int_equal(count(a, "a=candidate:"), 3);
    has(a, "a=candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host");
    has(a, "a=candidate:2 1 udp 2130706430 2001:db8::7 5000 typ host");
    has(a, "a=candidate:3 1 tcp 2130706429 192.0.2.7 5000 typ host tcptype passive");
    has(a, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63"); /* the microphone may use RED */
    has(a, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111");
    has(a, "m=audio 9 UDP/TLS/RTP/SAVPF 111"); /* the screen's sound not */
    has(a, "a=fmtp:111 minptime=10;useinbandfec=1");
    has(a, "a=msid:mix mix");
    has(a, "a=ssrc:1000 cname:hop");
    has(a, "m=video 9 UDP/TLS/RTP/SAVPF 96 108 98 45 97 109 99 46");
    has(a, "a=fmtp:98 profile-id=0");
    has(a, "a=fmtp:45 level-idx=5;profile=0;tier=0");
    has(a, "a=extmap-allow-mixed");
    assert_int_equal(count(a, "#dependency-descriptor-rtp-header-extension"), 11);
    has(a, "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
    has(a, "a=rid:l recv\r\na=rid:m recv\r\na=rid:h recv\r\na=simulcast:recv l;m;h");
    assert_int_equal(count(a, "a=simulcast:"), 1);
    has(a, "a=msid:slot-8 slot-8\r\na=ssrc-group:FID 2008 3008\r\na=ssrc:2008 "
           "cname:hop\r\na=ssrc:3008 cname:hop");
    assert_int_equal(count(a, "rtp-stream-id"), 4); /* two kinds, on camera and screen only */
    assert_int_equal(count(a, "a=rtcp-fb:96 nack pli\r\n"), 11);
    assert_int_equal(count(a, "red/90000"), 0);
    assert_int_equal(count(a, "red/"), 1);
    hop_sdp_offer_free(offer);
}

static void answer_to_firefox(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse_golden("firefox");
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB:CD", 1);
    /* it receives levels, so we send them; it sends rids, so we receive them */
    has(a, "a=extmap:2/sendonly urn:ietf:params:rtp-hdrext:csrc-audio-level");
    has(a, "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
    has(a, "m=video 9 UDP/TLS/RTP/SAVPF 120 121 99 124 125 100");
    /* it never reads descriptors: they are taken, and not sent */
    has(a, "a=extmap:8/recvonly https://aomediacodec.github.io/av1-rtp-spec/"
           "#dependency-descriptor-rtp-header-extension");
    assert_int_equal(count(a, "#dependency-descriptor-rtp-header-extension"), 2);
    assert_int_equal(count(a, "m=video 0"), 0);
    hop_sdp_offer_free(offer);
}

static void restart_appends_slots(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse_golden("chromium-restart");
    assert_int_equal(hop_sdp_offer_desc(offer)->n_slots, 11);
    hop_sdp_offer_free(offer);
    offer = parse_golden("firefox-restart");
    assert_int_equal(hop_sdp_offer_desc(offer)->n_slots, 11);
    hop_sdp_offer_free(offer);
}

/* ---- small offers, written here ---------------------------------------------------------------
 */

#define FP                                                                                         \
    "80:E7:0D:55:C3:95:92:57:5F:A8:83:C3:B2:B6:B8:3C:9E:63:11:7F:6B:D9:A0:9B:DE:A2:D6:87:0C:EA:"   \
    "23:91"
#define HEAD "v=0\r\no=- 77 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define TRANSPORT                                                                                  \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"                  \
    "a=fingerprint:sha-256 " FP "\r\n"
#define AUDIO(mid, dir)                                                                            \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:" mid "\r\na=" dir                                   \
    "\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
#define VIDEO(mid, dir)                                                                            \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" mid "\r\na=" dir                                    \
    "\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"

static void expect(const char *text, enum hop_error error, const char *where)
{
    struct hop_sdp_offer *offer = parse(text);
    hop_sdp_offer_free(offer);
    if (offer != NULL)
        fail_msg("taken, not %s:\n%s", where, text);
    if (why.error != error || strstr(why.where, where) == NULL)
        fail_msg("%s (%s), not %s", hop_error_code(why.error), why.where, where);
}

static void least(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer =
        parse(HEAD "a=group:BUNDLE a\r\n" TRANSPORT AUDIO("a", "recvonly"));
    assert_non_null(offer);
    assert_int_equal(hop_sdp_offer_desc(offer)->n_tracks, 0);
    assert_int_equal(hop_sdp_offer_desc(offer)->mix_pt, 111);
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB", 1);
    has(a, "a=mid:a\r\na=sendonly");
    hop_sdp_offer_free(offer);
}

static void refused_offers(void **state)
{
    (void)state;
    const enum hop_error M = HOP_ERR_SDP_MALFORMED;
    const enum hop_error U = HOP_ERR_SDP_UNSUPPORTED;
    expect("", M, "no session");
    expect("hello\r\n", M, "no session");
    expect(HEAD, M, "no session");
    expect("v=1\r\ns=-\r\nt=0 0\r\n" AUDIO("a", "sendrecv"), M, "no session");
    expect(HEAD TRANSPORT AUDIO("a", "sendrecv"), U, "BUNDLE");
    expect(HEAD "a=group:BUNDLE b\r\n" TRANSPORT AUDIO("a", "sendrecv"), U, "BUNDLE");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT AUDIO("a", "sendonly"), U, "receive the mix");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT VIDEO("a", "sendonly"), U, "no audio");
    expect(HEAD "a=group:BUNDLE a a\r\n" TRANSPORT AUDIO("a", "sendrecv") VIDEO("a", "sendonly"), M,
           "mid twice");
    expect(HEAD "a=group:BUNDLE a\r\n" AUDIO("a", "sendrecv"), M, "ice-ufrag");
    expect(HEAD "a=group:BUNDLE a\r\na=ice-ufrag:abcd\r\n" AUDIO("a", "sendrecv"), M, "ice-pwd");
    expect(HEAD "a=group:BUNDLE a\r\na=ice-ufrag:ab d\r\n" AUDIO("a", "sendrecv"), M, "ice-ufrag");
    expect(HEAD "a=group:BUNDLE a\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
                "a=setup:passive\r\n" AUDIO("a", "sendrecv"),
           U, "setup");
    expect(HEAD "a=group:BUNDLE a\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
                "a=setup:actpass\r\na=fingerprint:sha-1 AB:CD\r\n" AUDIO("a", "sendrecv"),
           U, "fingerprint");
    expect(HEAD "a=group:BUNDLE a\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
                "a=setup:actpass\r\na=fingerprint:sha-256 AB:CD\r\n" AUDIO("a", "sendrecv"),
           U, "fingerprint");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT
                "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=rtcp-mux\r\n",
           U, "Opus");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT
                "m=audio 9 RTP/AVP 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\n",
           U, "SAVPF");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\n"
                "a=rtpmap:111 opus/48000/2\r\n",
           U, "rtcp-mux");
    expect(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO("a", "sendrecv")
               VIDEO("b", "sendonly") "a=ice-ufrag:efgh\r\n",
           U, "transport of its own");
    expect(
        HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO(
            "a",
            "sendrecv") "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:b\r\na=recvonly\r\na=rtcp-mux\r\n"
                        "a=rtpmap:96 VP7/90000\r\n",
        U, "slot");
    expect(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO("a", "sendrecv")
               VIDEO("b", "sendonly") "a=simulcast:send x;y\r\na=rid:x send\r\n",
           M, "without its rid");
    expect(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO("a", "sendrecv")
               VIDEO("b", "sendonly") "a=simulcast:send x;x\r\na=rid:x send\r\n",
           M, "rid twice");
    expect(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT
               AUDIO("a", "sendrecv") "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" VIDEO(
                   "b", "sendonly") "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
           M, "extension ids");
    expect(HEAD "a=group:BUNDLE a\r\n" TRANSPORT AUDIO("aaaaaaaaaaaaaaaaa", "sendrecv"), M, "mid");
}

static void too_many_lines(void **state)
{
    (void)state;
    GString *text = g_string_new(HEAD "a=group:BUNDLE a");
    for (int i = 0; i < HOP_MAX_SLOTS + 15; i++)
        g_string_append_printf(text, " s%d", i);
    g_string_append(text, "\r\n" TRANSPORT AUDIO("a", "sendrecv"));
    for (int i = 0; i <= HOP_MAX_SLOTS; i++)
        g_string_append_printf(text,
                               "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:s%d\r\na=recvonly\r\n"
                               "a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n",
                               i);
    expect(text->str, HOP_ERR_SDP_LIMIT, "slots");
    for (int i = HOP_MAX_SLOTS + 1; i < HOP_MAX_SLOTS + 15; i++)
        g_string_append_printf(text, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:s%d\r\n", i);
    expect(text->str, HOP_ERR_SDP_LIMIT, "m-lines");
    g_string_free(text, TRUE);
}

/* recvonly audio behind the first one is a voice slot, wherever it stands. */
static void voice_slots(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse(HEAD "a=group:BUNDLE a b c d e\r\n" TRANSPORT AUDIO(
        "a", "sendrecv") "a=extmap:1 "
                         "urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n" AUDIO(
                             "b", "recvonly") "a=extmap:1 "
                                              "urn:ietf:params:rtp-hdrext:ssrc-audio-"
                                              "level\r\n" AUDIO("c", "sendonly")
                                                  AUDIO("d", "recvonly") AUDIO("e", "sendrecv"));
    assert_non_null(offer);
    const struct hop_peer_desc *d = hop_sdp_offer_desc(offer);
    assert_int_equal(d->n_voices, 2);
    assert_string_equal(d->voices[0].mid, "b");
    assert_string_equal(d->voices[1].mid, "d");
    assert_int_equal(d->voices[1].pt, d->mix_pt);
    assert_int_equal(d->n_tracks, 2);
    assert_int_equal(d->tracks[1].source, HOP_SOURCE_SCREEN_AUDIO);
    assert_string_equal(d->tracks[1].mid, "c");
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB:CD", 1);
    assert_int_equal(count(a, "m=audio 9"), 4);
    assert_int_equal(count(a, "m=audio 0"), 1); /* a third one that sends */
    has(a, "a=msid:voice-0 voice-0\r\na=ssrc:4000 cname:hop");
    has(a, "a=msid:voice-1 voice-1\r\na=ssrc:4001 cname:hop");
    assert_int_equal(count(a, "ssrc-audio-level"), 2);
    hop_sdp_offer_free(offer);
    /* the first one receives the mix, also from who has no microphone */
    offer = parse(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO("a", "recvonly")
                      AUDIO("b", "recvonly"));
    assert_non_null(offer);
    assert_int_equal(hop_sdp_offer_desc(offer)->n_voices, 1);
    assert_int_equal(hop_sdp_offer_desc(offer)->n_tracks, 0);
    hop_sdp_offer_free(offer);
    GString *many = g_string_new(
        HEAD "a=group:BUNDLE a v0 v1 v2 v3 v4 v5 v6 v7 v8\r\n" TRANSPORT AUDIO("a", "sendrecv"));
    for (int i = 0; i < HOP_MAX_VOICES + 1; i++)
        g_string_append_printf(many,
                               "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:v%d\r\na=recvonly\r\n"
                               "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n",
                               i);
    expect(many->str, HOP_ERR_SDP_LIMIT, "voice");
    g_string_free(many, TRUE);
}

static const char *red_answer(const char *formats, const char *fmtp, GString *keep)
{
    g_autofree char *text = g_strdup_printf(
        HEAD "a=group:BUNDLE a\r\n" TRANSPORT "m=audio 9 UDP/TLS/RTP/SAVPF %s\r\na=mid:a\r\n"
             "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
             "a=rtpmap:63 red/48000/2\r\n%s",
        formats, fmtp);
    struct hop_sdp_offer *offer = parse(text);
    assert_non_null(offer);
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB:CD", 1);
    const char *m = strstr(a, "m=audio 9 UDP/TLS/RTP/SAVPF ") + 28;
    g_string_assign(keep, "");
    g_string_append_len(keep, m, (gssize)strcspn(m, "\r"));
    hop_sdp_offer_free(offer);
    return keep->str;
}

/* The order is the client's: which of the two it sends. RED of anything but Opus is not taken. */
static void redundancy(void **state)
{
    (void)state;
    GString *keep = g_string_new(NULL);
    assert_string_equal(red_answer("111 63", "a=fmtp:63 111/111\r\n", keep), "111 63");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 111/111\r\n", keep), "63 111");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 111/111/111\r\n", keep), "63 111");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 111/0\r\n", keep), "111");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 9/9\r\n", keep), "111");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 63/63\r\n", keep), "111");
    assert_string_equal(red_answer("63 111", "a=fmtp:63 /\r\n", keep), "111");
    assert_string_equal(red_answer("63 111", "", keep), "111");
    assert_string_equal(red_answer("111", "a=fmtp:63 111/111\r\n", keep), "111");
    g_string_free(keep, TRUE);
}

/* What is not taken keeps its place. */
static void rejected_lines(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse(HEAD "a=group:BUNDLE a b c d e\r\n" TRANSPORT AUDIO(
        "a", "sendrecv") "m=video 9 UDP/TLS/RTP/SAVPF 45\r\na=mid:b\r\na=sendonly\r\na=rtcp-mux\r\n"
                         "a=rtpmap:45 VP7/90000\r\n"
                         "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:c\r\n"
                         "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:d\r\n" VIDEO("e", "recvonly"));
    assert_non_null(offer);
    assert_int_equal(hop_sdp_offer_desc(offer)->n_tracks, 1);
    assert_int_equal(hop_sdp_offer_desc(offer)->n_slots, 1);
    struct hop_peer_local local = some_local();
    g_autofree char *a = hop_sdp_answer(offer, &local, "AB", 1);
    has(a, "a=group:BUNDLE a e");
    has(a, "m=video 0 UDP/TLS/RTP/SAVPF 45\r\nc=IN IP4 0.0.0.0\r\na=mid:b\r\na=inactive");
    has(a, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
    const char *lines[] = { "m=audio 9", "m=video 0", "m=application 0", "m=video 0", "m=video 9" };
    const char *p = a;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        p = strstr(p, "\r\nm=");
        assert_non_null(p);
        p += 2;
        assert_memory_equal(p, lines[i], strlen(lines[i]));
    }
    /* no RTX was offered: no pair of SSRCs */
    assert_int_equal(count(a, "FID"), 0);
    hop_sdp_offer_free(offer);
}

/* A camera that is switched off (inactive) does not make the screen a camera. */
static void inactive_camera(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer = parse(HEAD "a=group:BUNDLE a b c\r\n" TRANSPORT AUDIO(
        "a", "sendrecv") VIDEO("b", "inactive") VIDEO("c", "sendonly"));
    assert_non_null(offer);
    const struct hop_peer_desc *d = hop_sdp_offer_desc(offer);
    assert_int_equal(d->n_tracks, 2);
    assert_int_equal(d->tracks[1].source, HOP_SOURCE_SCREEN);
    assert_string_equal(d->tracks[1].mid, "c");
    hop_sdp_offer_free(offer);
}

static void strange_simulcast(void **state)
{
    (void)state;
    struct hop_sdp_offer *offer =
        parse(HEAD "a=group:BUNDLE a b\r\n" TRANSPORT AUDIO("a", "sendrecv") VIDEO(
            "b",
            "sendonly") "a=rid:1 send\r\na=rid:2 send pt=96\r\na=rid:3 send\r\na=rid:4 send\r\n"
                        "a=simulcast:send 1,9;~2;3;4 recv x\r\n");
    assert_non_null(offer);
    const struct hop_track_desc *t = &hop_sdp_offer_desc(offer)->tracks[1];
    assert_int_equal(t->n_rids, 3);
    assert_string_equal(t->rids[0], "1");
    assert_string_equal(t->rids[1], "2");
    hop_sdp_offer_free(offer);
}

static void truncated_anywhere(void **state)
{
    (void)state;
    g_autofree char *text = offer_text("firefox", NULL);
    size_t len = strlen(text);
    for (size_t n = 0; n < len; n += 7) {
        struct hop_sdp_offer *offer = NULL;
        /* its own allocation, so that the sanitizer sees a read behind it */
        char *part = g_memdup2(text, n + 1);
        if (hop_sdp_offer_parse(part, n, &vp8_first, &offer, &why))
            hop_sdp_offer_free(offer);
        g_free(part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium),
        cmocka_unit_test(firefox),
        cmocka_unit_test(order_of_codecs),
        cmocka_unit_test(answer_to_chromium),
        cmocka_unit_test(answer_to_firefox),
        cmocka_unit_test(restart_appends_slots),
        cmocka_unit_test(least),
        cmocka_unit_test(refused_offers),
        cmocka_unit_test(too_many_lines),
        cmocka_unit_test(voice_slots),
        cmocka_unit_test(redundancy),
        cmocka_unit_test(rejected_lines),
        cmocka_unit_test(inactive_camera),
        cmocka_unit_test(strange_simulcast),
        cmocka_unit_test(truncated_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
