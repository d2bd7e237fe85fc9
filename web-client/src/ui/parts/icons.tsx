// hop's own icons: 24 px, 1.75 px strokes, round joins. Decorative; the control carries the name.

import type { ComponentChildren } from 'preact';

const shapes = {
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M8.5 21h7" />
    </>
  ),
  'microphone-off': (
    <>
      <path d="M9 9.5V6a3 3 0 0 1 6 0v5.5M9.3 12.6A3 3 0 0 0 12 14c.5 0 .9-.1 1.3-.3" />
      <path d="M5.5 11.5A6.5 6.5 0 0 0 16 16.6M18.5 11.5a6.4 6.4 0 0 1-.7 2.900M12 18v3M8.5 21h7M4 3.500l16 17" />
    </>
  ),
  camera: (
    <>
      <rect x="2.5" y="6" width="13" height="12" rx="2.5" />
      <path d="m15.5 10.6 4.6-2.700a.9.9 0 0 1 1.4.8v6.600a.9.9 0 0 1-1.4.8l-4.6-2.7" />
    </>
  ),
  'camera-off': (
    <>
      <path d="M8.5 6H13a2.5 2.5 0 0 1 2.5 2.500v4M15.5 16.500A2.5 2.5 0 0 1 13 18H5a2.5 2.5 0 0 1-2.5-2.500v-7a2.5 2.5 0 0 1 2-2.4" />
      <path d="m15.5 10.6 4.6-2.700a.9.9 0 0 1 1.4.8v6.600c0 .4-.2.7-.5.800M3.5 3.500l17 17" />
    </>
  ),
  screen: (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="M8 21h8M12 13.500V8m-2.6 2.300L12 7.700l2.6 2.6" />
    </>
  ),
  'screen-off': (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="M8 21h8m-6-12.6 4 4.200m0-4.2-4 4.2" />
    </>
  ),
  hand: (
    <path d="M7.5 12.500V6.200a1.4 1.4 0 0 1 2.8 0V11m0-6V4.300a1.4 1.4 0 0 1 2.8 0V11m0-5.500a1.4 1.4 0 0 1 2.8 0V12m0-3.600a1.4 1.4 0 0 1 2.8 0v6.200c0 3.9-2.7 6.6-6.4 6.6-2.7 0-4.4-1.2-5.8-3.500l-2.9-4.700a1.4 1.4 0 0 1 2.3-1.600l1.6 2" />
  ),
  chat: (
    <path d="M5.5 4h13A2.5 2.5 0 0 1 21 6.500v8a2.5 2.5 0 0 1-2.5 2.500H11l-4.7 3.600a.5.5 0 0 1-.8-.4V17A2.5 2.5 0 0 1 3 14.500v-8A2.5 2.5 0 0 1 5.5 4ZM8 9h8M8 12.500h5" />
  ),
  people: (
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M2.5 19.500c.4-3.4 3-5.5 6.5-5.500s6.1 2.1 6.5 5.500M15.5 4.900a3.5 3.5 0 0 1 0 6.200M17.5 14.400c2.3.6 3.7 2.4 4 5.1" />
    </>
  ),
  more: (
    <>
      <circle cx="5" cy="12" r="1" />
      <circle cx="12" cy="12" r="1" />
      <circle cx="19" cy="12" r="1" />
    </>
  ),
  leave: (
    <path d="M3 14.700c-.7-2.1-.2-4 1.5-5.1 4.6-2.9 10.4-2.9 15 0 1.7 1.1 2.2 3 1.5 5.1-.2.6-.8.9-1.4.8l-2.7-.6a1.3 1.3 0 0 1-1-1.300v-1.700a12.6 12.6 0 0 0-7.8 0v1.700c0 .6-.4 1.1-1 1.300l-2.7.6c-.6.1-1.2-.2-1.4-.8Z" />
  ),
  grid: (
    <>
      <rect x="3" y="4.5" width="8" height="6.5" rx="1.5" />
      <rect x="13" y="4.5" width="8" height="6.5" rx="1.5" />
      <rect x="3" y="13" width="8" height="6.5" rx="1.5" />
      <rect x="13" y="13" width="8" height="6.5" rx="1.5" />
    </>
  ),
  speaker: (
    <>
      <rect x="3" y="4.5" width="12" height="15" rx="2" />
      <rect x="17.5" y="4.5" width="3.5" height="4" rx="1" />
      <rect x="17.5" y="10" width="3.5" height="4" rx="1" />
      <rect x="17.5" y="15.5" width="3.5" height="4" rx="1" />
    </>
  ),
  pin: (
    <path d="m14.5 3.5 6 6-2 .6-3.3 3.3.2 3.6-1.5 1.5-6.9-6.900L8.5 10l3.6.2 3.3-3.300ZM9.5 14.500l-6 6" />
  ),
  settings: (
    <path d="M4 7h9m4 0h3M4 17h3m4 0h9M15 4.800a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.400ZM9 14.800a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.400Z" />
  ),
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3.6-3.600a4 4 0 0 0-5.7-5.700L12 6.300M14 10a4 4 0 0 0-5.7 0l-3.6 3.600a4 4 0 0 0 5.7 5.700l1.6-1.6" />
  ),
  close: <path d="m6 6 12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.5 4.500L19 7.5" />,
  copy: (
    <>
      <rect x="8.5" y="8.5" width="12" height="12" rx="2.5" />
      <path d="M15.500 5.500V6A2.5 2.5 0 0 0 13 3.500H6A2.5 2.5 0 0 0 3.500 6v7A2.5 2.5 0 0 0 6 15.500h-.5" />
    </>
  ),
  hall: <path d="M3.500 20.500h17M5 20.500V10l7-5.500L19 10v10.500M9.500 20.500v-6h5v6" />,
  left: <path d="m14.5 5.5-6.5 6.5 6.5 6.5" />,
  right: <path d="m9.5 5.5 6.5 6.5-6.5 6.5" />,
  down: <path d="m6 9.5 6 6 6-6" />,
  send: <path d="M4.2 4.6 20.5 12 4.2 19.400l2.3-7.400ZM6.5 12h7" />,
  sound: (
    <path d="M4 9.500h3.500L12 5.500v13l-4.5-4H4ZM15.5 9a4.3 4.3 0 0 1 0 6M18 6.300a8 8 0 0 1 0 11.4" />
  ),
  leaf: (
    <path d="M5 19c0-9 4.5-13.5 15-14 .5 9-3.5 14-10.5 14-1.6 0-3-.5-4-1.500M5 19c2-4.5 5-7 9-8.5" />
  ),
  expand: (
    <path d="M4 9V5.500A1.5 1.5 0 0 1 5.5 4H9m6 0h3.500A1.5 1.5 0 0 1 20 5.500V9m0 6v3.500a1.5 1.5 0 0 1-1.5 1.500H15m-6 0H5.500A1.5 1.5 0 0 1 4 18.500V15" />
  ),
  keyboard: (
    <>
      <rect x="2.5" y="6" width="19" height="12" rx="2.5" />
      <path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8" />
    </>
  ),
  calendar: (
    <>
      <rect x="3.5" y="5" width="17" height="15.5" rx="2.5" />
      <path d="M3.5 10h17M8 3v4m8-4v4" />
    </>
  ),
  download: <path d="M12 4v11m-4.5-4.300L12 15.200l4.5-4.500M4.5 19.500h15" />,
  pencil: <path d="m14.5 5.5 4 4L8 20l-4.5.5L4 16ZM12.5 7.500l4 4" />,
  plus: <path d="M12 5v14M5 12h14" />,
  video: (
    <>
      <rect x="2.5" y="6" width="13" height="12" rx="2.5" />
      <path d="m15.5 10.6 4.6-2.700a.9.9 0 0 1 1.4.8v6.600a.9.9 0 0 1-1.4.8l-4.6-2.7" />
    </>
  ),
  enter: <path d="M10.5 16 14.5 12l-4-4M14.5 12H4M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4" />,
  out: <path d="M13.5 8 17.5 12l-4 4M17.5 12H8M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4" />,
  gauge: <path d="M4.6 18.500a9 9 0 1 1 14.8 0M12 14l4-5" />,
  warning: (
    <path d="M12 9v4.500m0 3.200v.1M10.3 4.4 2.8 17.500A2 2 0 0 0 4.5 20.500h15a2 2 0 0 0 1.7-3L13.7 4.400a2 2 0 0 0-3.4 0Z" />
  ),
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 2.500V5m0 14v2.500M2.5 12H5m14 0h2.500M5.3 5.3 7 7m10 10 1.7 1.700M18.7 5.3 17 7M7 17l-1.7 1.7" />
    </>
  ),
  moon: <path d="M20 14.200A8.3 8.3 0 0 1 9.8 4 8.3 8.3 0 1 0 20 14.200Z" />,
  contrast: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 3v18a9 9 0 0 0 0-18Z" fill="currentColor" stroke="none" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M3 12h18M12 3c2.5 2.7 3.8 5.7 3.8 9S14.5 18.3 12 21c-2.5-2.7-3.8-5.7-3.8-9S9.5 5.7 12 3Z" />
    </>
  ),
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="10" rx="2.5" />
      <path d="M8 10.500V8a4 4 0 0 1 8 0v2.5" />
    </>
  ),
  user: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.5 20.500c.5-3.9 3.5-6 7.5-6s7 2.1 7.5 6" />
    </>
  ),
  eye: (
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
      <circle cx="12" cy="12" r="3" />
    </>
  ),
  search: (
    <>
      <circle cx="10.5" cy="10.5" r="6.5" />
      <path d="m15.5 15.5 5 5" />
    </>
  ),
  door: <path d="M3 21h18M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M14 12v.1" />,
  list: (
    <path d="m4 6 1.500 1.500L8 5M4 13l1.500 1.500L8 12M4 20h4M12 6.500h8M12 13h8M12 19.500h8" />
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5.300l3.5 2.2" />
    </>
  ),
  repeat: (
    <path d="M4.5 11.5V10a3.500 3.500 0 0 1 3.500-3.500h10M15.500 3.500l3 3-3 3M19.500 12.500V14a3.500 3.500 0 0 1-3.500 3.500H6M8.500 20.500l-3-3 3-3" />
  ),
  place: (
    <>
      <path d="M12 21c4.5-4.6 6.700-8 6.700-11.200A6.600 6.600 0 0 0 12 3a6.600 6.600 0 0 0-6.700 6.800C5.300 13 7.500 16.400 12 21Z" />
      <circle cx="12" cy="9.8" r="2.4" />
    </>
  ),
  trash: (
    <path d="M4.5 7h15M9.500 7V4.500h5V7M6.500 7l.8 12.500h9.400L17.500 7M10.200 10.500v5.500m3.600-5.500v5.500" />
  ),
  mail: (
    <>
      <rect x="3" y="5.5" width="18" height="13" rx="2.5" />
      <path d="m3.800 7.500 8.200 6 8.200-6" />
    </>
  ),
  again: <path d="M19.500 12a7.500 7.500 0 1 1-2.300-5.400L19.500 9M19.500 4.500V9H15" />,
} satisfies Record<string, ComponentChildren>;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}

/** People around a table. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg class="logo" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="8" class="logo-ground" />
      <circle cx="16" cy="16" r="4.2" class="logo-table" />
      <circle cx="16" cy="6.6" r="2.3" class="logo-chair" />
      {[
        [24.1, 11.3],
        [24.1, 20.7],
        [16, 25.4],
        [7.9, 20.7],
        [7.9, 11.3],
      ].map(([x, y]) => (
        <circle key={`${x}/${y}`} cx={x} cy={y} r="2.3" class="logo-seat" />
      ))}
    </svg>
  );
}
