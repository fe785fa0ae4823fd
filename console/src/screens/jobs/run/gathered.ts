import type { Touched } from "./follower";

/** Ranges that are worth telling apart; of more a list is read again as a whole. */
const RANGES_MAX = 200;

/**
 * Calls `act` at once, and then with everything that was touched meanwhile, `pause` ms after its answer at the earliest: on
 * a slow network a reading that is under way is never thrown away for the next one.
 */
export function gathered(
  act: (touched: Touched) => Promise<unknown>,
  pause: number,
): (touched: Touched) => void {
  let waiting: { readonly touched: Touched } | undefined;
  let busy = false;
  const flush = async () => {
    busy = true;
    while (waiting) {
      const { touched } = waiting;
      waiting = undefined;
      // What failed is shown where it is read.
      await act(touched).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    busy = false;
  };
  return (touched) => {
    waiting = { touched: waiting ? both(waiting.touched, touched) : touched };
    if (!busy) void flush();
  };
}

function both(some: Touched, more: Touched): Touched {
  if (!some || !more || some.length + more.length > RANGES_MAX) return undefined;
  return [...some, ...more];
}
