// Pictures and meters on the page.

import { useEffect, useRef, useState } from 'preact/hooks';
import { hueOf, initials } from '../../i18n/format';

export const avatarColours = 8;

export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  return (
    <span
      class={`avatar colour-${hueOf(name, avatarColours)}${large ? ' large' : ''}`}
      aria-hidden="true"
    >
      {initials(name)}
    </span>
  );
}

export interface PictureProps {
  stream: MediaStream | null;
  mirrored?: boolean;
  fit?: 'cover' | 'contain';
  /** The first frame of this stream is on the screen. */
  onFrame?: () => void;
  testId?: string;
}

/** Hidden until a frame has really come, so that nobody sees a black or a stale picture. */
export function Picture({
  stream,
  mirrored = false,
  fit = 'cover',
  onFrame,
  testId,
}: PictureProps) {
  const ref = useRef<HTMLVideoElement>(null);
  const [live, setLive] = useState(false);
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    setLive(false);
    video.srcObject = stream;
    if (!stream) return;
    let over = false;
    const shown = (): void => {
      if (over) return;
      setLive(true);
      onFrame?.();
    };
    let handle = 0;
    if ('requestVideoFrameCallback' in video) handle = video.requestVideoFrameCallback(shown);
    else (video as HTMLVideoElement).addEventListener('loadeddata', shown, { once: true });
    video.play().catch(() => {});
    return () => {
      over = true;
      if (handle) video.cancelVideoFrameCallback(handle);
      video.srcObject = null;
    };
  }, [stream]);
  return (
    <video
      ref={ref}
      class={`picture ${fit}${mirrored ? ' mirrored' : ''}${live ? ' live' : ''}`}
      muted
      autoplay
      playsInline
      disablePictureInPicture
      data-live={live}
      data-testid={testId}
    />
  );
}

const bars = 12;

/** Reads `level` on every frame and moves by style alone, without rendering. */
export function Meter({ level, label }: { level: () => number; label: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = 0;
    const draw = (): void => {
      frame = requestAnimationFrame(draw);
      const now = level();
      // Up at once, down slowly, as meters do.
      shown = now > shown ? now : Math.max(now, shown - 0.025);
      const meter = ref.current;
      if (!meter) return;
      const lit = Math.round(shown * bars);
      if (meter.dataset.level === String(lit)) return;
      meter.dataset.level = String(lit);
      [...meter.children].forEach((bar, i) => {
        bar.classList.toggle('lit', i < lit);
      });
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [level]);
  return (
    <div ref={ref} class="meter" role="img" aria-label={label} data-testid="microphone-meter">
      {Array.from({ length: bars }, (_, i) => (
        <span key={i} class={i > 9 ? 'hot' : ''} />
      ))}
    </div>
  );
}
