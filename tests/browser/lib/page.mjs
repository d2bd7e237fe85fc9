// One participant's page, the same to a test whether Chromium (Playwright) or Firefox (Puppeteer)
// shows it. What is heard and seen is measured in the received media itself.
import { until } from './until.mjs';

export class Page {
  constructor(page, close, person) {
    this.page = page;
    this.close = close;
    this.person = person;
  }

  get name() {
    return this.person.name;
  }

  evaluate(fn, arg) {
    return this.page.evaluate(fn, arg);
  }

  goto(url) {
    return this.page.goto(url, { waitUntil: 'load' });
  }

  /** Presses a control by its test id, as a user's click would. */
  async click(id) {
    await this.waitFor(id);
    const done = await this.evaluate((testid) => {
      const e = document.querySelector(`[data-testid="${testid}"]`);
      if (!e || e.disabled) return false;
      e.click();
      return true;
    }, id);
    if (!done) throw new Error(`${this.name}: ${id} cannot be clicked`);
  }

  async fill(id, text) {
    await this.waitFor(id);
    await this.evaluate(([testid, value]) => {
      const e = document.querySelector(`[data-testid="${testid}"]`);
      const proto = e instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
      Object.getOwnPropertyDescriptor(proto, 'value').set.call(e, value);
      e.dispatchEvent(new Event('input', { bubbles: true }));
      e.dispatchEvent(new Event('change', { bubbles: true }));
    }, [id, text]);
  }

  waitFor(id, ms = 15000) {
    return until(`${this.name}: ${id} is there`, ms, () =>
      this.evaluate((testid) => !!document.querySelector(`[data-testid="${testid}"]`), id));
  }

  texts(id) {
    return this.evaluate((testid) =>
      [...document.querySelectorAll(`[data-testid="${testid}"]`)].map((e) => e.textContent.trim()), id);
  }

  /** From the room's link through the pre-join page into the meeting. */
  async join(url) {
    await this.goto(url);
    await this.fill('join-name', this.name);
    await until(`${this.name}: join is possible`, 15000, () =>
      this.evaluate(() => {
        const b = document.querySelector('[data-testid="join-button"]');
        return b && !b.disabled && b.getAttribute('aria-disabled') !== 'true';
      }));
    await this.click('join-button');
    await this.waitFor('leave', 20000);
  }

  state() {
    return this.evaluate(() => document.querySelector('[data-testid="connection-state"]')?.dataset.state ?? null);
  }

  /** Level in dB at each frequency of what the page plays (the mix, the voice slots), by FFT of the
   * received streams. */
  async tones(frequencies) {
    return this.evaluate(async (list) => {
      const streams = [...document.querySelectorAll('[data-testid="mix"], [data-testid="voice"]')]
        .map((el) => el.srcObject).filter(Boolean);
      if (!document.querySelector('[data-testid="mix"]')?.srcObject) return null;
      const probe = (window.__probe ??= { key: '' });
      const key = streams.map((s) => s.id).join();
      if (probe.key !== key) {
        probe.context ??= new AudioContext();
        await probe.context.resume();
        probe.analyser = new AnalyserNode(probe.context, { fftSize: 16384, smoothingTimeConstant: 0, minDecibels: -140 });
        probe.sources = streams.map((s) => probe.context.createMediaStreamSource(s));
        for (const source of probe.sources) source.connect(probe.analyser);
        probe.key = key;
        await new Promise((r) => setTimeout(r, 400));
      }
      const bins = new Float32Array(probe.analyser.frequencyBinCount);
      probe.analyser.getFloatFrequencyData(bins);
      const width = probe.context.sampleRate / probe.analyser.fftSize;
      return list.map((hz) => {
        const mid = Math.round(hz / width);
        return Math.max(...bins.slice(mid - 3, mid + 4));
      });
    }, frequencies);
  }

  /** The tiles on the page: whose, of what, in which slot, and the mean colour of its middle. */
  tiles() {
    return this.evaluate(() =>
      [...document.querySelectorAll('[data-testid="tile"]')].map((tile) => {
        const video = tile.querySelector('video');
        let colour = null;
        if (video && !video.__frames) {
          // Firefox counts no frames of a MediaStream in getVideoPlaybackQuality()
          video.__frames = { n: 0 };
          const count = () => {
            video.__frames.n++;
            video.requestVideoFrameCallback(count);
          };
          video.requestVideoFrameCallback(count);
        }
        if (video && video.videoWidth > 0 && video.readyState >= 2) {
          const canvas = (window.__canvas ??= new OffscreenCanvas(16, 16));
          const g = (window.__canvas2d ??= canvas.getContext('2d', { willReadFrequently: true }));
          const { videoWidth: w, videoHeight: h } = video;
          g.drawImage(video, w * 0.35, h * 0.3, w * 0.3, h * 0.3, 0, 0, 16, 16);
          const d = g.getImageData(0, 0, 16, 16).data;
          const sum = [0, 0, 0];
          for (let i = 0; i < d.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += d[i + c];
          colour = sum.map((s) => Math.round(s / 256));
        }
        return {
          name: tile.dataset.name,
          participant: tile.dataset.participant,
          source: tile.dataset.source,
          slot: tile.dataset.slot ?? null,
          state: tile.dataset.state ?? '',
          self: tile.dataset.self === 'true',
          width: video?.videoWidth ?? 0,
          frames: video?.__frames.n ?? 0,
          colour,
        };
      }));
  }

  /** getStats() of the page's connection, through the debugging handle. */
  stats() {
    return this.evaluate(async () => {
      const all = [];
      for (const s of (await window.__hop.pc.getStats()).values()) all.push({ ...s });
      return all;
    });
  }
}

/** Which person's colour this is, or null when it is near nobody's. */
export function whose(colour, people) {
  if (!colour) return null;
  const distance = (p) => Math.hypot(...p.colour.map((c, i) => c - colour[i]));
  const best = people.reduce((a, b) => (distance(a) < distance(b) ? a : b));
  return distance(best) < 70 ? best : null;
}
