import { ExactNumber, writeExact } from "../../../json/exact";

/** A value that a job wrote, as JSON text; undefined where there was none, or none is known. */
export interface PathChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly now: string | undefined;
}

interface Sections {
  readonly before?: unknown;
  readonly after: unknown;
  readonly now?: unknown;
}

/** What was written, one line a path that was touched: as deep as the written value is an object. */
export function differences({ before, after, now }: Sections): PathChange[] {
  const lines: PathChange[] = [];
  const visit = (path: readonly string[], before: unknown, after: unknown, now: unknown) => {
    if (isObject(after)) {
      for (const [name, value] of Object.entries(after)) {
        visit([...path, name], member(before, name), value, member(now, name));
      }
      if (Object.keys(after).length > 0) return;
    }
    lines.push({ path: path.join("."), before: say(before), after: say(after), now: say(now) });
  };
  visit([], before, after, now);
  return lines;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Null takes a value away: it reads like one that is not there. */
function say(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : writeExact(value, 0);
}
