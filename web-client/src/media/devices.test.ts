import { describe, expect, it } from 'vitest';
import { FakeStream, FakeTrack } from '../../tests/fakes/peer';
import {
  type Capture,
  cameraConstraints,
  deviceErrorCode,
  listDevices,
  microphoneConstraints,
  openScreen,
  openTrack,
} from './devices';

const fail = (name: string, message = ''): DOMException => new DOMException(message, name);

function capture(answer: (constraints: MediaStreamConstraints) => FakeStream): Capture {
  return {
    getUserMedia: async (constraints) => answer(constraints).asStream,
    getDisplayMedia: async () => answer({}).asStream,
  };
}

describe('device errors', () => {
  it.each([
    ['NotAllowedError', 'Permission denied', 'device.denied'],
    ['NotAllowedError', 'Permission denied by system', 'device.denied_by_system'],
    ['NotFoundError', '', 'device.not_found'],
    ['OverconstrainedError', '', 'device.not_found'],
    ['NotReadableError', '', 'device.in_use'],
    ['AbortError', '', 'device.in_use'],
    ['SecurityError', '', 'device.insecure'],
    ['TypeError', '', 'device.unknown'],
  ])('%s %s is %s', (name, message, code) => {
    expect(deviceErrorCode(fail(name, message))).toBe(code);
  });
});

describe('openTrack', () => {
  it('opens the device that was chosen', async () => {
    const track = new FakeTrack('audio');
    let asked: MediaStreamConstraints = {};
    const opened = await openTrack(
      capture((constraints) => {
        asked = constraints;
        return new FakeStream([track]);
      }),
      'audio',
      microphoneConstraints,
      'mic-1',
    );
    expect(opened).toBe(track);
    expect(asked).toMatchObject({
      audio: { deviceId: { exact: 'mic-1' }, echoCancellation: true },
    });
    expect(asked).not.toHaveProperty('video');
  });

  it('takes any when the remembered one is gone', async () => {
    const track = new FakeTrack('video');
    const opened = await openTrack(
      capture(({ video }) => {
        if (JSON.stringify(video).includes('old')) throw fail('OverconstrainedError');
        return new FakeStream([track]);
      }),
      'video',
      (id) => cameraConstraints(id, 720),
      'old',
    );
    expect(opened).toBe(track);
  });

  it('does not hide a denial behind a second question', async () => {
    let asked = 0;
    const refusing = capture(() => {
      asked += 1;
      throw fail('NotAllowedError');
    });
    await expect(
      openTrack(refusing, 'audio', microphoneConstraints, 'mic-1'),
    ).rejects.toMatchObject({ code: 'device.denied' });
    expect(asked).toBe(1);
  });

  it('explains a page without HTTPS', async () => {
    await expect(openTrack(undefined, 'audio', microphoneConstraints, '')).rejects.toMatchObject({
      code: 'device.insecure',
    });
  });
});

describe('openScreen', () => {
  it('gives picture and sound, the picture tuned for text', async () => {
    const [video, audio] = [new FakeTrack('video'), new FakeTrack('audio')];
    const share = await openScreen(capture(() => new FakeStream([video, audio])));
    expect(share).toEqual({ video, audio });
    expect(video.contentHint).toBe('detail');
  });

  it('is nothing when the person cancels', async () => {
    const cancelled = capture(() => {
      throw fail('NotAllowedError');
    });
    expect(await openScreen(cancelled)).toBeNull();
  });
});

describe('listDevices', () => {
  it('sorts by kind and leaves out what may not be named', async () => {
    const device = (kind: string, deviceId: string) => ({ kind, deviceId, label: deviceId });
    const devices = {
      enumerateDevices: async () => [
        device('audioinput', 'm'),
        device('videoinput', 'c'),
        device('audiooutput', 's'),
        device('audioinput', ''),
      ],
    } as unknown as MediaDevices;
    expect(await listDevices(devices)).toEqual({
      microphones: [{ id: 'm', label: 'm' }],
      cameras: [{ id: 'c', label: 'c' }],
      speakers: [{ id: 's', label: 's' }],
    });
  });
});
