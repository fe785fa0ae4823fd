/** A day and a time of day as the clocks of a zone show it. */
export interface Wall {
  /** `2026-11-20` */
  readonly date: string;
  /** `22:00` */
  readonly time: string;
}

/** The zone of whoever looks. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** Every zone that the browser knows, the wanted ones first. */
export function zones(first: readonly string[]): string[] {
  return [...new Set([...first, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

/** What the clocks of the zone show at this time; the seconds are cut off. */
export function wallOf(time: Date, zone: string): Wall {
  const parts = partsOf(time, zone);
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    date: `${String(parts.year).padStart(4, "0")}-${two(parts.month)}-${two(parts.day)}`,
    time: `${two(parts.hour)}:${two(parts.minute)}`,
  };
}

/**
 * When the clocks of the zone show this: of two such times the first, and where clocks jump over it as much later as
 * they jump. Undefined when it is no day and time, or no zone.
 */
export function instantOf({ date, time }: Wall, zone: string): Date | undefined {
  const wanted = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(wanted)) return undefined;
  try {
    const before = wanted - offsetAt(wanted - 86_400_000, zone);
    const after = wanted - offsetAt(wanted + 86_400_000, zone);
    const fits = [Math.min(before, after), Math.max(before, after)].find(
      (candidate) => candidate + offsetAt(candidate, zone) === wanted,
    );
    return new Date(fits ?? before);
  } catch {
    return undefined;
  }
}

/** How far the clocks of the zone are before UTC, in ms. */
function offsetAt(time: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsOf(new Date(time), zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}

function partsOf(time: Date, zone: string) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = format.formatToParts(time);
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value);
  return {
    year: read("year"),
    month: read("month"),
    day: read("day"),
    hour: read("hour"),
    minute: read("minute"),
    second: read("second"),
  };
}
