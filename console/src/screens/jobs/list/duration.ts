/** How many seconds a job ran, or has run until now; a clock that stands behind the server's gives none below zero. */
export function secondsOf(start: string, end: string | undefined, now: Date): number {
  const ms = (end === undefined ? now.getTime() : Date.parse(end)) - Date.parse(start);
  return Math.max(0, ms / 1000);
}
