/** How long a job ran, or has run until now, as a person says it: in the two largest units that are not zero. */
export function durationText(start: string, end: string | undefined, now: Date, language: string): string {
  const ms = (end === undefined ? now.getTime() : Date.parse(end)) - Date.parse(start);
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    ["day", Math.floor(seconds / 86_400)],
    ["hour", Math.floor(seconds / 3_600) % 24],
    ["minute", Math.floor(seconds / 60) % 60],
    ["second", seconds % 60],
  ] as const;
  const first = units.findIndex(([, count]) => count > 0);
  const shown = first < 0 ? units.slice(3) : units.slice(first, first + 2).filter(([, count]) => count > 0);
  return shown
    .map(([unit, count]) =>
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count),
    )
    .join(" ");
}
