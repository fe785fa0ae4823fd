import { useEffect, useRef, useState } from "react";

/** One reading at a time that somebody waits for; it ends with the page that asked for it. */
export function useReading() {
  const [busy, setBusy] = useState(false);
  const reading = useRef<AbortController>(undefined);
  useEffect(() => () => reading.current?.abort(), []);

  const read = <Found>(
    act: (signal: AbortSignal) => Promise<Found>,
    onFound: (found: Found) => void,
    onError: (error: unknown) => void,
  ): void => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    setBusy(true);
    const ended = (tell: () => void) => {
      if (mine.signal.aborted) return;
      setBusy(false);
      tell();
    };
    act(mine.signal).then(
      (found) => ended(() => onFound(found)),
      (error: unknown) => ended(() => onError(error)),
    );
  };
  return { busy, read };
}
