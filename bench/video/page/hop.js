// In the page. The smallest hop.v1 client (docs/protocol.md): publishes a film and a tone, or receives
// slots, and keeps what it was told with the time. The encodings are those of the web client.
(() => {
  const ENCODINGS = [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  ];
  bench.encodings = ENCODINGS;
  const RIDS = ENCODINGS.map((e) => e.rid);

  function codecs(first) {
    const all = RTCRtpReceiver.getCapabilities('video').codecs;
    const named = (name) => all.filter((c) => c.mimeType.toLowerCase() === `video/${name.toLowerCase()}`);
    return [...named(first), ...named('rtx')];
  }

  class Client {
    constructor() {
      this.events = []; // [at, event, data]
      this.frames = [];
      this.sound = [];
      this.waiting = new Map();
      this.ids = 0;
    }

    async join({ url, room, name, publish = null, slots = 0, codec = 'VP8' }) {
      this.ws = new WebSocket(url, 'hop.v1');
      await new Promise((resolve, reject) => Object.assign(this.ws, { onopen: resolve, onerror: reject }));
      this.ws.onmessage = (m) => this.take(JSON.parse(m.data));
      setInterval(() => this.request('ping', {}), 5000);
      const pc = (this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
      const microphone = pc.addTransceiver(publish?.tone ? bench.tone(publish.tone) : 'audio', { direction: 'sendrecv' });
      const camera = pc.addTransceiver(publish ? bench.film(publish) : 'video',
        { direction: 'sendonly', sendEncodings: publish ? ENCODINGS : undefined });
      camera.setCodecPreferences(codecs(codec));
      this.camera = camera.sender;
      pc.addTransceiver('video', { direction: 'sendonly' });
      pc.addTransceiver('audio', { direction: 'sendonly' });
      this.slots = Array.from({ length: slots }, () => {
        const t = pc.addTransceiver('video', { direction: 'recvonly' });
        t.setCodecPreferences(codecs(codec));
        return t;
      });
      await pc.setLocalDescription();
      const answer = await this.request('join', { room, name, offer: pc.localDescription.sdp,
        media: { microphone: !!publish?.tone, camera: !!publish, screen: false } });
      this.you = answer.snapshot.you;
      this.people = new Map(answer.snapshot.participants.map((p) => [p.id, p]));
      await pc.setRemoteDescription({ type: 'answer', sdp: answer.answer });
      if (publish) this.limit(answer.snapshot.demand?.camera ?? ENCODINGS.length - 1);
      this.slots.forEach((t, i) => bench.watch(t.receiver.track, i, this.frames));
      if (slots) setInterval(async () => this.playout(await bench.received(pc)), 500);
      if (slots) bench.listen(microphone.receiver.track, this.sound);
      if (slots) this.play(microphone.receiver.track);
      await new Promise((resolve, reject) => {
        const look = () => {
          if (pc.connectionState === 'connected') resolve();
          if (pc.connectionState === 'failed') reject(new Error('no connection'));
        };
        pc.onconnectionstatechange = look;
        look();
      });
      return this.you;
    }

    /** Sound is only decoded at a steady pace while somebody plays it. */
    play(track) {
      this.audio = new Audio();
      this.audio.srcObject = new MediaStream([track]);
      this.audio.volume = 0.01;
      this.audio.play();
    }

    request(op, data) {
      const id = ++this.ids;
      this.ws.send(JSON.stringify({ id, op, data }));
      return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    }

    take(message) {
      if (message.re !== undefined) {
        const w = this.waiting.get(message.re);
        this.waiting.delete(message.re);
        if (message.error) w?.reject(new Error(`${message.error.code}: ${message.error.message}`));
        else w?.resolve(message.data);
        return;
      }
      const { event, data } = message;
      this.events.push([bench.now(), event, data]);
      if (event === 'participant.joined') this.people.set(data.participant.id, data.participant);
      if (event === 'participant.left') this.people.delete(data.participant);
      if (event === 'demand' && data.source === 'camera') this.limit(data.top);
    }

    /** Dynacast: layers above `top` are switched off. */
    limit(top) {
      this.turn = (this.turn ?? Promise.resolve()).then(async () => {
        const p = this.camera.getParameters();
        for (const e of p.encodings) e.active = RIDS.indexOf(e.rid) <= top;
        await this.camera.setParameters(p);
      });
    }

    view(tiles) {
      return this.request('view', { tiles });
    }

    /** The rule of web-client/src/media/playout.ts: pictures wait for their repair. */
    playout({ rtt, streams }) {
      const sum = (k) => streams.filter((s) => s.kind === 'video').reduce((n, s) => n + (s[k] ?? 0), 0);
      const now = { packets: sum('packetsReceived'), lost: sum('packetsLost') }, last = this.arrivals ?? now;
      this.arrivals = now;
      const lost = now.lost - last.lost, share = lost / Math.max(1, lost + now.packets - last.packets);
      const before = (this.target ??= 0);
      if (share > 0.01 && lost >= 2) {
        const wanted = Math.min(500, Math.round(2000 * rtt + 40));
        if (wanted > before || wanted < before / 2) this.target = wanted;
        this.clean = 0;
      } else if (share < 0.005 && before > 0 && ++this.clean >= 16) {
        this.target = this.clean = 0;
      }
      if (this.target !== before) for (const { receiver } of this.slots) receiver.jitterBufferTarget = this.target;
    }

    /** Everything since the last call. */
    async drain() {
      const out = { events: this.events.splice(0), frames: this.frames.splice(0), sound: this.sound.splice(0),
        received: await bench.received(this.pc), sent: await bench.sent(this.pc) };
      return out;
    }
  }

  bench.hop = (options) => {
    const client = (bench.client = new Client());
    return client.join(options);
  };
})();
