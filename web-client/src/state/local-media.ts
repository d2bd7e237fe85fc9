// What this person sends: microphone, camera, screen. Keeps what is wanted apart from what the
// devices give, remembers the choice, and explains what fails.

import { batch, type ReadonlySignal, signal } from '@preact/signals';
import {
  type Capture,
  cameraConstraints,
  type DeviceLists,
  listDevices,
  microphoneConstraints,
  openScreen,
  openTrack,
} from '../media/devices';
import type { UpSource } from '../media/layout';
import { type Meter, meterOf } from '../media/meter';
import { type ErrorCode, errorCode } from '../protocol/errors';
import { change, settings } from './settings';

export interface DeviceState {
  /** The person's wish. */
  on: boolean;
  opening: boolean;
  track: MediaStreamTrack | null;
  error: ErrorCode | null;
}

const off: DeviceState = { on: false, opening: false, track: null, error: null };

export interface LocalMediaHost {
  capture: Capture | undefined;
  devices: MediaDevices | undefined;
  /** Puts a track onto the line, or takes it off. */
  send(source: UpSource, track: MediaStreamTrack | null): void;
  /** What the others shall know has changed. */
  changed(): void;
}

export class LocalMedia {
  #host: LocalMediaHost;
  #microphone = signal<DeviceState>(off);
  #camera = signal<DeviceState>(off);
  #screen = signal<MediaStreamTrack | null>(null);
  #screenAudio: MediaStreamTrack | null = null;
  #lists = signal<DeviceLists>({ microphones: [], cameras: [], speakers: [] });
  #meter: Meter | undefined;
  #disposed = false;
  #cameraRun = 0;
  #microphoneRun = 0;

  constructor(host: LocalMediaHost) {
    this.#host = host;
    host.devices?.addEventListener('devicechange', this.#refresh);
  }

  get microphone(): ReadonlySignal<DeviceState> {
    return this.#microphone;
  }
  get camera(): ReadonlySignal<DeviceState> {
    return this.#camera;
  }
  get screen(): ReadonlySignal<MediaStreamTrack | null> {
    return this.#screen;
  }
  get lists(): ReadonlySignal<DeviceLists> {
    return this.#lists;
  }

  /** As remembered from the last time. One device's trouble does not touch the other. */
  async start(): Promise<void> {
    const { microphoneOn, cameraOn } = settings.value;
    await Promise.all([
      microphoneOn ? this.setMicrophone(true) : Promise.resolve(),
      cameraOn ? this.setCamera(true) : Promise.resolve(),
    ]);
    await this.#refresh();
  }

  /** What is really being sent. */
  sending(): { microphone: boolean; camera: boolean; screen: boolean } {
    const { on, track } = this.#microphone.value;
    return {
      microphone: on && track !== null,
      camera: this.#camera.value.track !== null,
      screen: this.#screen.value !== null,
    };
  }

  /** 0..1; also while muted, for the hint. */
  level(): number {
    return this.#meter?.level() ?? 0;
  }

  /** `remember`: it is the person's own choice, kept for the next meeting. */
  async setMicrophone(on: boolean, remember = true): Promise<void> {
    if (remember) change({ microphoneOn: on });
    const run = ++this.#microphoneRun;
    const { track } = this.#microphone.value;
    if (!on || track) {
      this.#microphone.value = { ...this.#microphone.value, on, error: null };
      this.#publishMicrophone();
      return;
    }
    this.#microphone.value = { on, opening: true, track: null, error: null };
    try {
      const opened = await openTrack(
        this.#host.capture,
        'audio',
        microphoneConstraints,
        settings.value.microphoneId,
      );
      if (this.#disposed || run !== this.#microphoneRun) return opened.stop();
      this.#useMicrophone(opened);
    } catch (error) {
      if (run !== this.#microphoneRun) return;
      this.#microphone.value = { on: false, opening: false, track: null, error: errorCode(error) };
      this.#host.changed();
    }
  }

  async setCamera(on: boolean, remember = true): Promise<void> {
    if (remember) change({ cameraOn: on });
    const run = ++this.#cameraRun;
    if (!on) {
      this.#closeCamera();
      this.#camera.value = off;
      this.#host.changed();
      return;
    }
    if (this.#camera.value.track) return;
    this.#camera.value = { on, opening: true, track: null, error: null };
    try {
      const height = Number(settings.value.quality);
      const opened = await openTrack(
        this.#host.capture,
        'video',
        (id) => cameraConstraints(id, height),
        settings.value.cameraId,
      );
      if (this.#disposed || run !== this.#cameraRun) return opened.stop();
      this.#useCamera(opened);
    } catch (error) {
      if (run !== this.#cameraRun) return;
      this.#camera.value = { on: false, opening: false, track: null, error: errorCode(error) };
      this.#host.changed();
    }
  }

  /** The change goes to the others without a gap longer than the device needs. */
  async chooseMicrophone(id: string): Promise<void> {
    change({ microphoneId: id });
    if (!this.#microphone.value.track) return;
    const { on } = this.#microphone.value;
    this.#closeMicrophone();
    this.#microphone.value = off;
    await this.setMicrophone(on, false);
  }

  async chooseCamera(id: string): Promise<void> {
    change({ cameraId: id });
    await this.#reopenCamera();
  }

  async chooseQuality(quality: '720' | '360'): Promise<void> {
    change({ quality });
    await this.#reopenCamera();
  }

  /** Resolves with an error code when sharing failed; a person who cancels is no error. */
  async startScreen(): Promise<ErrorCode | null> {
    try {
      const share = await openScreen(this.#host.capture);
      if (!share) return null;
      if (this.#disposed) {
        share.video.stop();
        share.audio?.stop();
        return null;
      }
      this.stopScreen();
      share.video.addEventListener('ended', () => {
        if (this.#screen.value === share.video) this.stopScreen();
      });
      this.#screenAudio = share.audio;
      this.#screen.value = share.video;
      this.#host.send('screen', share.video);
      this.#host.send('screenAudio', share.audio);
      this.#host.changed();
      return null;
    } catch (error) {
      return errorCode(error);
    }
  }

  stopScreen(): void {
    const video = this.#screen.value;
    if (!video) return;
    video.stop();
    this.#screenAudio?.stop();
    this.#screenAudio = null;
    this.#screen.value = null;
    this.#host.send('screen', null);
    this.#host.send('screenAudio', null);
    this.#host.changed();
  }

  /** A new line has to be given what is being sent. */
  resend(): void {
    const { on, track } = this.#microphone.value;
    this.#host.send('microphone', on ? track : null);
    this.#host.send('camera', this.#camera.value.track);
    this.#host.send('screen', this.#screen.value);
    this.#host.send('screenAudio', this.#screenAudio);
  }

  dispose(): void {
    this.#disposed = true;
    this.#host.devices?.removeEventListener('devicechange', this.#refresh);
    this.stopScreen();
    this.#closeCamera();
    this.#closeMicrophone();
    batch(() => {
      this.#camera.value = off;
      this.#microphone.value = off;
    });
  }

  #refresh = async (): Promise<void> => {
    const lists = await listDevices(this.#host.devices).catch(() => null);
    if (lists && !this.#disposed) this.#lists.value = lists;
  };

  #useMicrophone(track: MediaStreamTrack): void {
    this.#meter?.close();
    this.#meter = tryMeter(track);
    track.addEventListener('ended', () => this.#unplugged('microphone', track));
    this.#microphone.value = { on: true, opening: false, track, error: null };
    this.#publishMicrophone();
    void this.#refresh();
  }

  #useCamera(track: MediaStreamTrack): void {
    track.addEventListener('ended', () => this.#unplugged('camera', track));
    this.#camera.value = { on: true, opening: false, track, error: null };
    this.#host.send('camera', track);
    this.#host.changed();
    void this.#refresh();
  }

  #publishMicrophone(): void {
    const { on, track } = this.#microphone.value;
    this.#host.send('microphone', on ? track : null);
    this.#host.changed();
  }

  async #reopenCamera(): Promise<void> {
    if (!this.#camera.value.track) return;
    this.#camera.value.track.stop();
    this.#camera.value = { ...off, on: true };
    await this.setCamera(true, false);
    if (!this.#camera.value.track) this.#host.send('camera', null);
  }

  #closeMicrophone(): void {
    this.#meter?.close();
    this.#meter = undefined;
    this.#microphone.value.track?.stop();
    this.#host.send('microphone', null);
  }

  #closeCamera(): void {
    // Stopped, not only silenced: the camera's light goes off.
    this.#camera.value.track?.stop();
    this.#host.send('camera', null);
  }

  #unplugged(which: 'microphone' | 'camera', track: MediaStreamTrack): void {
    const state = which === 'microphone' ? this.#microphone : this.#camera;
    if (this.#disposed || state.value.track !== track) return;
    const wasOn = state.value.on;
    if (which === 'microphone') this.#closeMicrophone();
    else this.#closeCamera();
    state.value = { ...off, error: 'device.not_found' };
    this.#host.changed();
    // Another device of the kind may be there.
    if (wasOn)
      void (which === 'microphone' ? this.setMicrophone(true, false) : this.setCamera(true, false));
  }
}

function tryMeter(track: MediaStreamTrack): Meter | undefined {
  try {
    return meterOf(track);
  } catch {
    return undefined;
  }
}
