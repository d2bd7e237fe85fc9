// What one sender puts out: the layers that somebody looks at, in the codec that all can decode. The
// relay says both (`demand`, `codec`); a browser that refuses goes on as it did.

import type { CodecName } from '../protocol/messages';
import type { PeerSender } from './peer';

/** What the types of the browser leave out. */
export interface Encoding extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
  codec?: RTCRtpCodec;
}

export interface Wish {
  /** The highest layer that anybody needs; −1: none; null: not said yet, so all. */
  top: number | null;
  /** null: the first of the answer. */
  codec: CodecName | null;
}

/** One stream with layers inside, instead of one stream for each layer. */
const scalable: ReadonlySet<string> = new Set(['VP9', 'AV1']);
const modes = ['L1T3', 'L2T3_KEY', 'L3T3_KEY'];

const nameOf = ({ mimeType }: { mimeType: string }): string =>
  mimeType.replace(/^video\//i, '').toUpperCase();

function wishedCodec(now: RTCRtpSendParameters, wish: Wish): RTCRtpCodec | undefined {
  const found = now.codecs.find((codec) => nameOf(codec) === wish.codec);
  if (!found) return undefined;
  const { mimeType, clockRate, sdpFmtpLine } = found;
  return { mimeType, clockRate, ...(sdpFmtpLine ? { sdpFmtpLine } : {}) };
}

/**
 * The encodings that fulfil `wish`, from those that are set now; `base` is what the offer said, lowest
 * layer first.
 */
export function shaped(
  now: RTCRtpSendParameters,
  base: readonly RTCRtpEncodingParameters[],
  wish: Wish,
): Encoding[] {
  const codec = wishedCodec(now, wish);
  const first = now.codecs[0];
  const set: Encoding | undefined = now.encodings[0];
  const used = codec ?? set?.codec ?? first;
  const usable = base.filter(({ active }) => active !== false);
  const layered = used !== undefined && scalable.has(nameOf(used));
  const top = wish.top ?? now.encodings.length - 1;
  return now.encodings.map((encoding, i) => {
    const { scalabilityMode, ...plain }: Encoding = encoding;
    const told = base[i];
    const own = told?.scaleResolutionDownBy;
    const out: Encoding = {
      ...plain,
      active: i <= top && told?.active !== false,
      ...(own === undefined ? {} : { scaleResolutionDownBy: own }),
      ...(told?.maxBitrate === undefined ? {} : { maxBitrate: told.maxBitrate }),
      ...(codec ? { codec } : {}),
    };
    if (!layered) return out;
    return { ...out, ...inOneStream(i, Math.min(top, usable.length - 1), usable) };
  });
}

/** All layers up to `top` in the first encoding; the others rest. */
function inOneStream(
  place: number,
  top: number,
  base: readonly RTCRtpEncodingParameters[],
): Partial<Encoding> {
  if (place > 0 || top < 0) return { active: false };
  const rates = base.slice(0, top + 1).map(({ maxBitrate }) => maxBitrate ?? 0);
  const rate = rates.reduce((sum, each) => sum + each, 0);
  return {
    active: true,
    scalabilityMode: modes[base.length > 1 ? top : 0] ?? 'L1T3',
    scaleResolutionDownBy: base[top]?.scaleResolutionDownBy ?? 1,
    ...(rate > 0 ? { maxBitrate: rate } : {}),
  };
}

export class Uplink {
  #sender: PeerSender;
  #base: readonly RTCRtpEncodingParameters[];
  #wish: Wish = { top: null, codec: null };
  #negotiated = false;
  #busy = false;
  #stale = false;

  constructor(sender: PeerSender, base: readonly RTCRtpEncodingParameters[]) {
    this.#sender = sender;
    this.#base = base;
  }

  get wish(): Wish {
    return this.#wish;
  }

  /** The answer has come: from now on there is something to set. */
  negotiated(): Promise<void> {
    this.#negotiated = true;
    return this.#apply();
  }

  /** Another picture: other layers make sense. */
  layersAre(base: readonly RTCRtpEncodingParameters[]): Promise<void> {
    this.#base = base;
    return this.#apply();
  }

  want(part: Partial<Wish>): Promise<void> {
    this.#wish = { ...this.#wish, ...part };
    return this.#apply();
  }

  // One change at a time, and the last wish wins.
  async #apply(): Promise<void> {
    if (!this.#negotiated) return;
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#stale = false;
        await this.#set();
      } while (this.#stale);
    } finally {
      this.#busy = false;
    }
  }

  async #set(): Promise<void> {
    const { getParameters, setParameters } = this.#sender;
    if (!getParameters || !setParameters) return;
    const now = getParameters.call(this.#sender);
    const wanted = shaped(now, this.#base, this.#wish);
    if (JSON.stringify(wanted) === JSON.stringify(now.encodings)) return;
    now.encodings = wanted;
    try {
      await setParameters.call(this.#sender, now);
    } catch (error) {
      console.warn('hop: encodings:', error);
      await this.#onlySwitch();
    }
  }

  /** For a browser that knows neither codecs nor modes of an encoding. */
  async #onlySwitch(): Promise<void> {
    const now = this.#sender.getParameters?.();
    if (!now) return;
    const top = this.#wish.top ?? now.encodings.length - 1;
    now.encodings.forEach((encoding, i) => {
      encoding.active = i <= top;
    });
    await this.#sender.setParameters?.(now).catch(() => {});
  }
}
