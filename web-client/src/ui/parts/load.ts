// What a page asks the server for: the last question's answer wins, a failure is told, and a session
// that ended brings the sign-in form back.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ErrorCode, errorCode } from '../../protocol/errors';
import { noteSignedOut } from '../../state/account';

export interface Loaded<T> {
  value: T | null;
  error: ErrorCode | null;
  /** Asks again; what is there stays until the answer comes. */
  again: () => void;
  set: (value: T) => void;
}

export function useLoaded<T>(ask: () => Promise<T>, on: readonly unknown[], waitMs = 0): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const asked = useRef(0);
  const question = useRef(ask);
  question.current = ask;
  const again = useCallback((): void => {
    const mine = ++asked.current;
    question.current().then(
      (answer) => {
        if (mine !== asked.current) return;
        setValue(answer);
        setError(null);
      },
      (caught: unknown) => {
        if (mine !== asked.current) return;
        noteSignedOut(caught);
        setError(errorCode(caught));
      },
    );
  }, []);
  useEffect(() => {
    const timer = setTimeout(again, waitMs);
    return () => {
      clearTimeout(timer);
      asked.current++;
    };
  }, on);
  return { value, error, again, set: setValue };
}
