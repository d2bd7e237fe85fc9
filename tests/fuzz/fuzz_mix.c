/* modules: hop_media_mix */
/* Stateful: a room's mixer under packets, copies of packets (RED), halls, losses, resets and time
 * that a stranger chooses. Each input is a
 * list of steps: one byte says what, the next ones give it numbers and a payload. What must hold:
 * no crash, ticks within their limits, samples within ±1, and the room falls silent in the end. */
#include "media/mix/mixer.h"

#include "media/base/audio_choice.h"
#include "media/mix/frame.h"
#include "media/rtp/red.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEERS = 5, STEPS_MAX = 150, SILENCE_TICKS = 400 };

struct input {
    const uint8_t *data;
    size_t len;
};

static uint32_t take(struct input *in, size_t bytes)
{
    uint32_t value = 0;
    for (; bytes > 0 && in->len > 0; bytes--, in->data++, in->len--)
        value = value << 8 | *in->data;
    return value;
}

struct sender {
    uint64_t seq;
    uint32_t timestamp;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* A payload that is redundant (RFC 2198), as the relay unpacks it. */
static void push_red(struct hop_mixer *mixer, uint32_t peer, const struct sender *sender,
                     const uint8_t *payload, size_t len, uint8_t level, int64_t now_us)
{
    struct hop_red red;
    if (hop_red_parse(payload, len, &red) < 0)
        return;
    for (int i = 0; i < red.n_copies; i++)
        hop_mixer_push_copy(mixer, peer, HOP_SOURCE_MICROPHONE,
                            sender->seq - red.copies[i].back_seq,
                            sender->timestamp - red.copies[i].back_rtp, red.copies[i].data,
                            red.copies[i].len, now_us);
    hop_mixer_push(mixer, peer, HOP_SOURCE_MICROPHONE, sender->seq, sender->timestamp,
                   red.primary.data, red.primary.len, level, now_us);
}

static void push(struct hop_mixer *mixer, struct sender *senders, struct input *in, bool red,
                 int64_t now_us)
{
    static const uint8_t plain[] = { 0xf8, 0xff, 0xfe };
    uint32_t head = take(in, 2);
    uint32_t peer = head % PEERS;
    struct sender *sender = &senders[peer];
    enum hop_source source = head & 0x8000 ? HOP_SOURCE_SCREEN_AUDIO : HOP_SOURCE_MICROPHONE;
    size_t len = take(in, 1);
    const uint8_t *payload = in->data;

    sender->seq++;
    sender->timestamp += HOP_MIX_FRAME;
    if (head & 0x4000)
        sender->seq += (uint64_t)(int64_t)(int8_t)take(in, 1);
    if (head & 0x2000)
        sender->timestamp += take(in, 4);
    if (head & 0x1000)
        len *= 6;
    if (len > in->len)
        len = in->len;
    if (len == 0) {
        payload = plain;
        len = sizeof(plain);
    } else {
        in->data += len;
        in->len -= len;
    }
    if (red)
        push_red(mixer, peer, sender, payload, len, (uint8_t)(head >> 4), now_us);
    else
        hop_mixer_push(mixer, peer, source, sender->seq, sender->timestamp, payload, len,
                       (uint8_t)(head >> 4), now_us);
}

static void tell(struct hop_mixer *mixer, struct input *in, uint32_t what)
{
    uint32_t peer = take(in, 1), value = take(in, 1);
    if (what == 231)
        hop_mixer_set_hall(mixer, peer % PEERS, value % 3);
    else if (what == 232)
        hop_mixer_set_loss(mixer, peer % PEERS, (uint16_t)(value % 2 ? value * 8 : 0));
    else if (what == 233)
        hop_mixer_set_chair(mixer, peer % PEERS, value & 1);
    else
        hop_mixer_set_levelling(mixer, value & 1);
}

static void tick(struct hop_mixer *mixer, int64_t now_us, struct hop_audio_tick *out)
{
    if (!hop_mixer_active(mixer))
        return;
    bool any = hop_mixer_tick(mixer, now_us, out), found = false;
    check(out->n_talkers <= HOP_MAX_TALKERS && out->n_owns <= HOP_MAX_TALKERS);
    for (int v = 0; v < HOP_AUDIO_VARIANTS; v++) {
        check(out->shared[v].len <= HOP_MAX_OPUS);
        found = found || out->shared[v].len > 0;
    }
    for (unsigned i = 0; i < out->n_talkers; i++) {
        const struct hop_audio_talker *talker = &out->talkers[i];
        check(talker->peer < PEERS && talker->level < 127 && talker->hall < 3);
        check(hop_audio_own_of(out, talker->peer, talker->hall) != NULL);
        check(talker->speech_dbov <= 0 && talker->verdict <= HOP_VOICE_LOUD);
    }
    for (unsigned i = 0; i < out->n_owns; i++) {
        check(out->owns[i].payload.len <= HOP_MAX_OPUS && out->owns[i].peer < PEERS);
        found = found || out->owns[i].payload.len > 0;
    }
    check(found == any);
    const float *pcm = hop_mixer_pcm(mixer);
    for (int i = 0; i < HOP_MIX_FRAME; i++)
        check(fabsf(pcm[i]) < 1.0f); /* also false for NaN */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct hop_audio_tick out;
    struct input in = { data, len };
    struct sender senders[PEERS] = { 0 };
    struct hop_mixer *mixer = NULL;
    int64_t now_us = 1000000;
    uint32_t setup = take(&in, 1);
    const struct hop_audio_params params = { .bitrate_bps = 32000,
                                             .jitter_ms = (int)(setup & 7) * 30,
                                             .max_talkers = (int)(setup >> 3) };

    if (hop_mixer_new(&params, &mixer) < 0)
        return 0;
    for (int step = 0; step < STEPS_MAX && in.len > 0; step++) {
        uint32_t what = take(&in, 1);
        if (what < 128) {
            push(mixer, senders, &in, false, now_us);
        } else if (what < 200) {
            now_us += HOP_MIX_FRAME_US;
            tick(mixer, now_us, &out);
        } else if (what < 210) {
            now_us += (int64_t)take(&in, 3);
        } else if (what < 220) {
            hop_mixer_stream_reset(mixer, take(&in, 1) % PEERS, HOP_SOURCE_MICROPHONE);
        } else if (what < 225) {
            hop_mixer_peer_remove(mixer, take(&in, 1) % PEERS);
        } else if (what < 230) {
            push(mixer, senders, &in, true, now_us);
        } else if (what == 230) {
            hop_mixer_sweep(mixer, now_us);
        } else if (what < 235) {
            tell(mixer, &in, what);
        } else {
            push(mixer, senders, &in, what & 1, now_us);
            now_us += HOP_MIX_FRAME_US;
            tick(mixer, now_us, &out);
        }
    }
    for (int i = 0; i < SILENCE_TICKS && hop_mixer_active(mixer); i++) {
        now_us += HOP_MIX_FRAME_US;
        tick(mixer, now_us, &out);
    }
    check(!hop_mixer_active(mixer));
    hop_mixer_free(mixer);
    return 0;
}
