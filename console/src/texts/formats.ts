/** How numbers, shares and times are written in one language. Times are in the zone of whoever looks. */
export interface Formats {
  readonly locale: string;
  readonly number: (value: number) => string;
  /** A share from 0 to 1 as a percentage with at most one decimal. */
  readonly share: (value: number) => string;
  readonly dateTime: (time: Date) => string;
  readonly dateTimeUtc: (time: Date) => string;
  /** As the clocks of a zone show it, to the minute; those of UTC where this browser does not know the zone. */
  readonly dateTimeIn: (time: Date, zone: string) => string;
  /** The hour and minute where one looks. */
  readonly time: (time: Date) => string;
  /** Weekday, hour and minute as the clocks of a zone show them; those of UTC where this browser does not know the zone. */
  readonly weekTimeIn: (time: Date, zone: string) => string;
  /** "Sun, Mar 29". */
  readonly day: (time: Date) => string;
  /** "Mar 29". */
  readonly monthDay: (time: Date) => string;
  /** "Sunday". */
  readonly weekday: (time: Date) => string;
  /** A length of time in seconds, in the two largest units that are not zero: "2 hr 5 min". */
  readonly duration: (seconds: number) => string;
  /** "3 minutes ago", "in 2 days": in the largest unit that fits at least once. */
  readonly relative: (time: Date, now: Date) => string;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const LENGTHS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

export function formatsOf(locale: string): Formats {
  const number = new Intl.NumberFormat(locale);
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const utc = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const day = new Intl.DateTimeFormat(locale, { weekday: "short", month: "short", day: "numeric" });
  const monthDay = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long" });
  return {
    locale,
    number: (value) => number.format(value),
    share: (value) => share.format(value),
    dateTime: (time) => dateTime.format(time),
    dateTimeUtc: (time) => utc.format(time),
    dateTimeIn: (time, timeZone) =>
      inZone(locale, { dateStyle: "medium", timeStyle: "short" }, timeZone, time),
    time: (time) => clock.format(time),
    weekTimeIn: (time, timeZone) =>
      inZone(locale, { weekday: "short", hour: "numeric", minute: "2-digit" }, timeZone, time),
    day: (time) => day.format(time),
    monthDay: (time) => monthDay.format(time),
    weekday: (time) => weekday.format(time),
    duration: (seconds) => {
      let rest = Math.max(0, Math.round(seconds));
      const parts = LENGTHS.map(([unit, length]) => {
        const count = Math.floor(rest / length);
        rest -= count * length;
        return { unit, count };
      });
      const first = parts.findIndex(({ count }) => count > 0);
      const shown =
        first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(({ count }) => count > 0);
      return shown
        .map(({ unit, count }) =>
          new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(count),
        )
        .join(" ");
    },
    relative: (time, now) => {
      const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
      const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
      return relative.format(Math.trunc(seconds / length), unit);
    },
  };
}

function inZone(locale: string, style: Intl.DateTimeFormatOptions, timeZone: string, time: Date): string {
  try {
    return new Intl.DateTimeFormat(locale, { ...style, timeZone }).format(time);
  } catch {
    return new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }).format(time);
  }
}
