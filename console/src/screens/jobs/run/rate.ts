/** So many devices had ended at this moment of this computer's clock, in ms. */
export interface Sample {
  readonly at: number;
  readonly done: number;
}

/** The rate is that of the last so many ms. */
export const WINDOW = 30_000;

/** Less than this says nothing about a rate, in ms. */
const LEAST = 2_000;

/** The samples with one more; those that no rate needs any more are left out. */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  // Fewer than before: the server's numbers began anew.
  if (last && sample.done < last.done) return [sample];
  const all = [...samples, sample];
  const inside = all.findIndex(({ at }) => at > sample.at - WINDOW);
  // The one before the window says from where the window's first step was made.
  return all.slice(Math.max(0, inside - 1));
}

/** Devices that end in a second now; undefined while nothing can be said. */
export function rateAt(samples: readonly Sample[], now: number): number | undefined {
  const last = samples.at(-1);
  const first = samples.findLast(({ at }) => at <= now - WINDOW) ?? samples[0];
  if (!first || !last || now - first.at < LEAST) return undefined;
  // What ended in the window, over its length: the step into it is shared by its time.
  const next = samples[samples.indexOf(first) + 1];
  const from = Math.max(first.at, now - WINDOW);
  const before =
    next && next.at > from
      ? first.done + ((next.done - first.done) * (from - first.at)) / (next.at - first.at)
      : first.done;
  return Math.max(0, last.done - before) / ((now - from) / 1000);
}

/** Seconds until all have ended, at this rate; undefined where no honest number can be given. */
export function secondsLeft(remaining: number, rate: number | undefined): number | undefined {
  if (remaining === 0) return 0;
  if (rate === undefined || rate <= 0) return undefined;
  const seconds = remaining / rate;
  // A month is no estimate but a sign that it stands still.
  return seconds > 30 * 86_400 ? undefined : seconds;
}
