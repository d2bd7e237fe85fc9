// In the page. The same publisher and receiver as hop.js, on Janus' VideoRoom and its WebSocket API
// (https://janus.conf.meetecho.com/docs/videoroom). The room is made by the first who comes.
(() => {
  const ROOM = 1234;

  class Client {
    constructor() {
      Object.assign(this, { events: [], frames: [], sound: [], waiting: new Map(), ids: 0 });
    }

    async open(url) {
      this.ws = new WebSocket(url, 'janus-protocol');
      await new Promise((resolve, reject) => Object.assign(this.ws, { onopen: resolve, onerror: reject }));
      this.ws.onmessage = (m) => this.take(JSON.parse(m.data));
      this.session = (await this.send({ janus: 'create' })).data.id;
      setInterval(() => this.send({ janus: 'keepalive' }), 20000);
      this.handle = (await this.send({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id;
      this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    }

    async join({ url, name, publish, slots }) {
      await this.open(url);
      await this.ask({ request: 'create', room: ROOM, publishers: 60, bitrate: 4_000_000, videocodec: 'vp8', audiocodec: 'opus' })
        .catch(() => {}); // it is there already
      await (publish ? this.publish(name, publish) : this.subscribe(slots));
      return this.name;
    }

    async publish(name, options) {
      const { id } = await this.ask({ request: 'join', ptype: 'publisher', room: ROOM, display: name }, null, 'joined');
      this.name = id;
      if (options.tone) this.pc.addTransceiver(bench.tone(options.tone), { direction: 'sendonly' });
      this.pc.addTransceiver(bench.film(options), { direction: 'sendonly', sendEncodings: bench.encodings });
      await this.pc.setLocalDescription();
      const { jsep } = await this.ask({ request: 'configure', audio: !!options.tone, video: true },
        { ...await this.gathered(), rid_order: 'lmh' }, 'jsep');
      await this.pc.setRemoteDescription(jsep);
      await this.connected();
    }

    async subscribe() {
      const { participants } = await this.ask({ request: 'listparticipants', room: ROOM });
      this.pc.ontrack = ({ track, transceiver }) => {
        if (track.kind === 'video') bench.watch(track, transceiver.mid, this.frames);
        else bench.listen(track, this.sound);
        if (track.kind === 'audio') this.play(track);
      };
      const { jsep } = await this.ask({ request: 'join', ptype: 'subscriber', room: ROOM,
        streams: participants.filter((p) => p.publisher).map((p) => ({ feed: p.id })) }, null, 'jsep');
      await this.pc.setRemoteDescription(jsep);
      await this.pc.setLocalDescription(await this.pc.createAnswer());
      await this.ask({ request: 'start' }, await this.gathered(), 'started');
      await this.connected();
      // it pauses nothing: all that was asked for counts as shown
      this.events.push([bench.now(), 'slots', { slots: participants.map((p, i) => ({ slot: i, participant: p.id, source: 'camera' })) }]);
    }

    async gathered() {
      while (this.pc.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 20));
      return this.pc.localDescription.toJSON();
    }

    connected() {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (this.pc.connectionState === 'connected') resolve();
          if (this.pc.connectionState === 'failed') reject(new Error('no connection'));
        };
        this.pc.onconnectionstatechange = look;
        look();
      });
    }

    send(message) {
      const transaction = String(++this.ids);
      this.ws.send(JSON.stringify({ ...message, transaction, ...(this.session ? { session_id: this.session } : {}) }));
      return new Promise((resolve, reject) => this.waiting.set(transaction, { resolve, reject, until: 'any' }));
    }

    /** A request to the plugin; `until` says which of its answers is waited for. */
    ask(body, jsep = null, until = 'any') {
      const done = this.send({ janus: 'message', handle_id: this.handle, body, ...(jsep ? { jsep } : {}) });
      this.waiting.get(String(this.ids)).until = until;
      return done.then((m) => (until === 'jsep' ? m : m.plugindata?.data ?? m));
    }

    take(message) {
      const w = this.waiting.get(message.transaction);
      const data = message.plugindata?.data;
      const failed = message.janus === 'error' ? message.error.reason : data?.error;
      if (!w) return;
      if (!failed) {
        if (message.janus === 'ack' && w.until !== 'any') return;
        if (w.until === 'jsep' && !message.jsep) return;
        if (w.until === 'joined' && data?.videoroom !== 'joined') return;
        if (w.until === 'started' && data?.started !== 'ok') return;
      }
      this.waiting.delete(message.transaction);
      if (failed) w.reject(new Error(failed));
      else w.resolve(message);
    }

    async drain() {
      return { events: this.events.splice(0), frames: this.frames.splice(0), sound: this.sound.splice(0),
        received: await bench.received(this.pc), sent: await bench.sent(this.pc) };
    }

    play(track) {
      this.audio = new Audio();
      this.audio.srcObject = new MediaStream([track]);
      this.audio.volume = 0.01;
      this.audio.play();
    }
  }

  bench.janus = (options) => {
    const client = (bench.client = new Client());
    return client.join(options);
  };
})();
