// What the line measures, from getStats(): one small report for the operators' page and for the
// person's own "connection" panel.

import type { LineReport } from '../protocol/messages';
import { isObject } from '../protocol/shape';
import type { ReadonlyStats } from './peer';

export interface LineTotals {
  atMs: number;
  bytesUp: number;
  bytesDown: number;
  packetsDown: number;
  lostDown: number;
  /** Of them, of pictures. */
  picturePackets: number;
  picturesLost: number;
  packetsUp: number;
  lostUp: number;
  framesDecoded: number;
  jitterMs: number;
  rttMs: number;
  protocol: string;
  srtpCipher: string;
  /** The best picture that goes out; null: none. */
  picture: SentPicture | null;
}

export interface SentPicture {
  codec: string;
  width: number;
  height: number;
  fps: number;
}

function numberIn(entry: Record<string, unknown>, member: string): number {
  const value = entry[member];
  return typeof value === 'number' ? value : 0;
}

function textIn(entry: Record<string, unknown>, member: string): string {
  const value = entry[member];
  return typeof value === 'string' ? value : '';
}

export function readTotals(report: ReadonlyStats, atMs: number): LineTotals {
  const totals: LineTotals = {
    atMs,
    bytesUp: 0,
    bytesDown: 0,
    packetsDown: 0,
    lostDown: 0,
    picturePackets: 0,
    picturesLost: 0,
    packetsUp: 0,
    lostUp: 0,
    framesDecoded: 0,
    jitterMs: 0,
    rttMs: 0,
    protocol: '',
    srtpCipher: '',
    picture: null,
  };
  const candidates = new Map<string, string>();
  const codecs = new Map<string, string>();
  let local = '';
  let codec = '';
  report.forEach((entry) => {
    if (!isObject(entry)) return;
    if (entry.type === 'inbound-rtp') {
      totals.packetsDown += numberIn(entry, 'packetsReceived');
      totals.lostDown += Math.max(0, numberIn(entry, 'packetsLost'));
      totals.bytesDown += numberIn(entry, 'bytesReceived');
      totals.framesDecoded += numberIn(entry, 'framesDecoded');
      if (entry.kind === 'video') {
        totals.picturePackets += numberIn(entry, 'packetsReceived');
        totals.picturesLost += Math.max(0, numberIn(entry, 'packetsLost'));
      }
      if (entry.kind === 'audio') totals.jitterMs = numberIn(entry, 'jitter') * 1000;
    } else if (entry.type === 'outbound-rtp') {
      totals.packetsUp += numberIn(entry, 'packetsSent');
      totals.bytesUp += numberIn(entry, 'bytesSent');
      const picture = pictureOf(entry);
      if (picture && picture.height > (totals.picture?.height ?? 0)) {
        totals.picture = picture;
        codec = textIn(entry, 'codecId');
      }
    } else if (entry.type === 'codec') {
      codecs.set(textIn(entry, 'id'), textIn(entry, 'mimeType').replace(/^video\//, ''));
    } else if (entry.type === 'remote-inbound-rtp') {
      totals.lostUp += Math.max(0, numberIn(entry, 'packetsLost'));
    } else if (entry.type === 'candidate-pair') {
      const chosen = entry.selected === true || entry.nominated === true;
      if (chosen && entry.state === 'succeeded') {
        totals.rttMs = numberIn(entry, 'currentRoundTripTime') * 1000;
        local = textIn(entry, 'localCandidateId');
      }
    } else if (entry.type === 'local-candidate') {
      candidates.set(textIn(entry, 'id'), textIn(entry, 'protocol'));
    } else if (entry.type === 'transport') {
      totals.srtpCipher = textIn(entry, 'srtpCipher');
    }
  });
  totals.protocol = candidates.get(local) ?? '';
  if (totals.picture) totals.picture = { ...totals.picture, codec: codecs.get(codec) ?? '' };
  return totals;
}

function pictureOf(entry: Record<string, unknown>): SentPicture | null {
  if (entry.kind !== 'video' || entry.active === false) return null;
  const fps = Math.round(numberIn(entry, 'framesPerSecond'));
  const [width, height] = [numberIn(entry, 'frameWidth'), numberIn(entry, 'frameHeight')];
  return fps > 0 && height > 0 ? { codec: '', width, height, fps } : null;
}

export interface LineFigures {
  report: Required<LineReport>;
  upBps: number;
  downBps: number;
  protocol: string;
  srtpCipher: string;
  picture: SentPicture | null;
}

/** What happened between two readings. */
export function figuresBetween(before: LineTotals, after: LineTotals): LineFigures {
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
  const grown = (member: keyof LineTotals): number =>
    Math.max(0, Number(after[member]) - Number(before[member]));
  const share = (lost: number, got: number): number =>
    lost + got > 0 ? Math.round((1000 * lost) / (lost + got)) / 1000 : 0;
  return {
    report: {
      rtt_ms: Math.min(60_000, Math.round(after.rttMs)),
      jitter_ms: Math.min(60_000, Math.round(after.jitterMs)),
      loss_down: share(grown('lostDown'), grown('packetsDown')),
      loss_up: share(grown('lostUp'), grown('packetsUp')),
      fps: Math.min(1_000, Math.round(grown('framesDecoded') / seconds)),
    },
    upBps: Math.round((8 * grown('bytesUp')) / seconds),
    downBps: Math.round((8 * grown('bytesDown')) / seconds),
    protocol: after.protocol,
    srtpCipher: after.srtpCipher,
    picture: after.picture,
  };
}
