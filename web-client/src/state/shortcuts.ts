// Which key does what. Keys without Ctrl can be switched off (WCAG 2.1.4), and never act while
// somebody types.

export type Action =
  | 'microphone'
  | 'camera'
  | 'hand'
  | 'view'
  | 'list'
  | 'talk'
  | 'previous'
  | 'next';

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

export interface KeyContext {
  /** The focus is where text goes. */
  typing: boolean;
  /** The focus is on something that Space presses. */
  onControl: boolean;
  /** The focus is in something that the page keys scroll. */
  scrolls: boolean;
  singleKeys: boolean;
  holdToTalk: boolean;
}

export function actionFor(press: KeyPress, context: KeyContext): Action | null {
  if (press.altKey) return null;
  const command = press.ctrlKey || press.metaKey;
  if (command && !press.repeat) {
    if (press.code === 'KeyD' && !press.shiftKey) return 'microphone';
    if (press.code === 'KeyE' && !press.shiftKey) return 'camera';
    if (press.code === 'KeyH' && press.shiftKey) return 'hand';
  }
  if (command || context.typing) return null;
  if (press.code === 'Space' && context.holdToTalk && !context.onControl) return 'talk';
  if (press.code === 'PageUp' && !context.scrolls) return 'previous';
  if (press.code === 'PageDown' && !context.scrolls) return 'next';
  if (!context.singleKeys || press.repeat) return null;
  if (press.key === '?') return 'list';
  if (press.code === 'KeyV' && !press.shiftKey) return 'view';
  return null;
}
