// Cameras, microphones and speakers, and how to get at them. Errors of the browser become codes that
// the catalogue explains.

import { type ErrorCode, HopError } from '../protocol/errors';

export interface Device {
  id: string;
  label: string;
}

export interface DeviceLists {
  microphones: Device[];
  cameras: Device[];
  speakers: Device[];
}

export interface Capture {
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  getDisplayMedia(options: DisplayMediaStreamOptions): Promise<MediaStream>;
}

/** What a device error means to a person, by the name of the DOMException. */
export function deviceErrorCode(error: unknown): ErrorCode {
  const name = error instanceof Error ? error.name : '';
  const message = error instanceof Error ? error.message.toLowerCase() : '';
  switch (name) {
    case 'NotAllowedError':
      return message.includes('system') ? 'device.denied_by_system' : 'device.denied';
    case 'SecurityError':
      return 'device.insecure';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'device.not_found';
    case 'NotReadableError':
    case 'AbortError':
      return 'device.in_use';
    case 'HopError':
      return (error as HopError).code;
    default:
      return 'device.unknown';
  }
}

export function microphoneConstraints(deviceId: string): MediaTrackConstraints {
  return {
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: { ideal: 1 },
  };
}

export function cameraConstraints(deviceId: string, height: number): MediaTrackConstraints {
  return {
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
    width: { ideal: Math.round((height * 16) / 9) },
    height: { ideal: height },
    frameRate: { ideal: 30, max: 30 },
  };
}

/** One track of a kind. A remembered device that is gone falls back to any. */
export async function openTrack(
  capture: Capture | undefined,
  kind: 'audio' | 'video',
  constraintsFor: (deviceId: string) => MediaTrackConstraints,
  deviceId: string,
): Promise<MediaStreamTrack> {
  if (!capture) throw new HopError('device.insecure');
  const attempt = async (id: string): Promise<MediaStreamTrack> => {
    const stream = await capture.getUserMedia({ [kind]: constraintsFor(id) });
    const track = stream.getTracks().find((candidate) => candidate.kind === kind);
    if (!track) throw new HopError('device.not_found');
    return track;
  };
  try {
    return await attempt(deviceId);
  } catch (error) {
    const code = deviceErrorCode(error);
    if (deviceId && code === 'device.not_found') {
      try {
        return await attempt('');
      } catch (second) {
        throw new HopError(deviceErrorCode(second), String(second));
      }
    }
    throw new HopError(code, String(error));
  }
}

export interface ScreenShare {
  video: MediaStreamTrack;
  audio: MediaStreamTrack | null;
}

/** Asks what to share; null when the person thought better of it. */
export async function openScreen(capture: Capture | undefined): Promise<ScreenShare | null> {
  if (!capture) throw new HopError('device.insecure');
  let stream: MediaStream;
  try {
    stream = await capture.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      audio: true,
    });
  } catch (error) {
    if (deviceErrorCode(error) === 'device.denied') return null;
    throw new HopError(deviceErrorCode(error), String(error));
  }
  const video = stream.getVideoTracks()[0];
  if (!video) throw new HopError('device.not_found');
  // Text must stay sharp; a late frame does not matter.
  video.contentHint = 'detail';
  return { video, audio: stream.getAudioTracks()[0] ?? null };
}

export async function listDevices(devices: MediaDevices | undefined): Promise<DeviceLists> {
  const lists: DeviceLists = { microphones: [], cameras: [], speakers: [] };
  if (!devices) return lists;
  for (const { kind, deviceId, label } of await devices.enumerateDevices()) {
    if (!deviceId) continue;
    const device = { id: deviceId, label };
    if (kind === 'audioinput') lists.microphones.push(device);
    else if (kind === 'videoinput') lists.cameras.push(device);
    else lists.speakers.push(device);
  }
  return lists;
}
