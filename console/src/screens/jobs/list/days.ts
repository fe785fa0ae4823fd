import type { Schemas } from "../../../api/client";

export type UpcomingRun = Schemas["UpcomingRun"];

/** Days that the calendar shows, today among them. */
export const DAYS = 31;

/** A day of whoever looks, and what begins on it. */
export interface CalendarDay {
  /** Its midnight. */
  readonly date: Date;
  readonly runs: readonly UpcomingRun[];
}

/** The midnight so many days after that of `date`: not always 24 hours each. */
export function midnight(date: Date, days = 0): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

/** The days from today on, each with what begins on it; the runs come in order. */
export function daysOf(runs: readonly UpcomingRun[], now: Date): CalendarDay[] {
  const byDay = new Map<number, UpcomingRun[]>();
  for (const run of runs) {
    const day = midnight(new Date(run.time)).getTime();
    const known = byDay.get(day);
    if (known) known.push(run);
    else byDay.set(day, [run]);
  }
  return Array.from({ length: DAYS }, (_, at) => {
    const date = midnight(now, at);
    return { date, runs: byDay.get(date.getTime()) ?? [] };
  });
}

/** The day that weeks begin with, 1 for Monday to 7 for Sunday; Monday where the browser does not know. */
export function firstWeekday(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    readonly getWeekInfo?: () => { readonly firstDay: number };
  };
  return known.getWeekInfo?.().firstDay ?? 1;
}

/** The column of a day in a grid of weeks, from 1. */
export function columnOf(date: Date, firstDay: number): number {
  return ((date.getDay() - firstDay + 7) % 7) + 1;
}
