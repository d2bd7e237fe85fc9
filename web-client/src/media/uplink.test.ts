import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeTransceiver } from '../../tests/fakes/peer';
import { settle } from '../../tests/fakes/values';
import { cameraEncodings, cameraLayers, screenEncodings } from './layout';
import { type Encoding, Uplink } from './uplink';

describe('Uplink', () => {
  let camera: FakeTransceiver;
  let uplink: Uplink;

  beforeEach(() => {
    camera = new FakeTransceiver('video', { sendEncodings: cameraEncodings });
    uplink = new Uplink(camera.sender, cameraEncodings);
  });
  const active = (): string => camera.encodings.map((each) => (each.active ? '1' : '0')).join('');
  const first = (): Encoding => camera.encodings[0] ?? {};

  it('sends every layer until it is told, and waits for the answer', async () => {
    await uplink.want({ top: 0 });
    expect(active()).toBe('111');
    await uplink.negotiated();
    expect(active()).toBe('100');
  });

  it.each([
    [-1, '000'],
    [0, '100'],
    [1, '110'],
    [2, '111'],
  ])('simulcast up to layer %i is %s', async (top, expected) => {
    await uplink.negotiated();
    await uplink.want({ top });
    expect(active()).toBe(expected);
    expect(camera.encodings.map(({ maxBitrate }) => maxBitrate)).toEqual(
      cameraEncodings.map(({ maxBitrate }) => maxBitrate),
    );
  });

  it('ends with the last wish, one change at a time', async () => {
    await uplink.negotiated();
    const before = camera.parameterSets;
    const all = [0, -1, 2, 1].map((top) => uplink.want({ top }));
    await Promise.all(all);
    await settle();
    expect(active()).toBe('110');
    expect(camera.parameterSets - before).toBe(2);
  });

  it('puts the layers into one stream for a codec that can, and takes them apart again', async () => {
    camera.negotiated = ['video/VP8', 'video/VP9'];
    await uplink.negotiated();
    await uplink.want({ codec: 'VP9' });
    expect(active()).toBe('100');
    expect(first()).toMatchObject({
      scalabilityMode: 'L3T3_KEY',
      scaleResolutionDownBy: 1,
      maxBitrate: 2_350_000,
      codec: { mimeType: 'video/VP9', clockRate: 90_000 },
    });
    // The lower layers keep their size when the highest goes.
    await uplink.want({ top: 1 });
    expect(first()).toMatchObject({ scalabilityMode: 'L2T3_KEY', scaleResolutionDownBy: 2 });
    await uplink.want({ top: -1 });
    expect(active()).toBe('000');
    await uplink.want({ top: 2, codec: 'VP8' });
    expect(active()).toBe('111');
    expect(first().scalabilityMode).toBeUndefined();
    expect(first().scaleResolutionDownBy).toBe(4);
  });

  it('knows the codec from the answer when nobody says one', async () => {
    camera.negotiated = ['video/AV1', 'video/VP8'];
    await uplink.negotiated();
    expect(active()).toBe('100');
    expect(first().scalabilityMode).toBe('L3T3_KEY');
    expect(first().codec).toBeUndefined();
  });

  it('makes the most of a small camera: two layers, the second the whole picture', async () => {
    camera.negotiated = ['video/VP8', 'video/VP9'];
    await uplink.negotiated();
    await uplink.layersAre(cameraLayers(360));
    expect(active()).toBe('110');
    const scales = camera.encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy);
    expect(scales.slice(0, 2)).toEqual([2, 1]);
    await uplink.want({ top: 0 });
    expect(active()).toBe('100');
    await uplink.want({ top: 2, codec: 'VP9' });
    expect(first()).toMatchObject({ scalabilityMode: 'L2T3_KEY', scaleResolutionDownBy: 1 });
    await uplink.layersAre(cameraLayers(720));
    expect(first()).toMatchObject({ scalabilityMode: 'L3T3_KEY', scaleResolutionDownBy: 1 });
    await uplink.layersAre(cameraLayers(180));
    expect(first().scalabilityMode).toBe('L1T3');
  });

  it('keeps a codec that was not negotiated out of it', async () => {
    await uplink.negotiated();
    await uplink.want({ codec: 'AV1' });
    expect(active()).toBe('111');
    expect(first().codec).toBeUndefined();
  });

  it('sends a screen or nothing', async () => {
    const screen = new FakeTransceiver('video', { sendEncodings: screenEncodings });
    const share = new Uplink(screen.sender, screenEncodings);
    await share.negotiated();
    await share.want({ top: -1 });
    expect(screen.encodings[0]?.active).toBe(false);
    await share.want({ top: 2 });
    expect(screen.encodings[0]?.active).toBe(true);
  });

  it('still switches layers in a browser that refuses the rest', async () => {
    camera.negotiated = ['video/VP8', 'video/VP9'];
    const set = camera.sender.setParameters;
    camera.sender.setParameters = async (parameters) => {
      if (parameters.encodings.some((each: Encoding) => each.codec))
        throw new DOMException('', 'OperationError');
      return set(parameters);
    };
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await uplink.negotiated();
    await uplink.want({ codec: 'VP9', top: 0 });
    expect(active()).toBe('100');
    expect(said).toHaveBeenCalled();
    said.mockRestore();
  });
});
