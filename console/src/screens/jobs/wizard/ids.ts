/** Devices that one job may name; the server refuses more. */
export const IDS_MAX = 100_000;

export interface IdList {
  /** Each once, in the order of the list. */
  readonly ids: readonly string[];
  /** How many stood there more than once. */
  readonly repeated: number;
}

/**
 * Device ids out of a text or CSV file: one on each line, or the first column of a table, whose head is left out when it
 * is one that exports write and stands without quotes. Separators may be commas, semicolons or tabs; an id that has one of
 * them stands in quotes.
 */
export function readIds(text: string): IdList {
  const ids = new Set<string>();
  let lines = 0;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const { id, quoted } = firstCell(line);
    if (id === "" || (index === 0 && !quoted && HEAD.test(id))) continue;
    lines++;
    ids.add(id);
  }
  return { ids: [...ids], repeated: lines - ids.size };
}

/** A text that `readIds` reads these ids of: what it would cut or pass over stands in quotes. */
export function writeIds(ids: readonly string[]): string {
  return ids
    .map((id) => (/[,;\t"]|^\s|\s$/.test(id) || HEAD.test(id) ? `"${id.replaceAll('"', '""')}"` : id))
    .join("\n");
}

/** How exports call the column of ids. */
const HEAD = /^(IOTC_DEVICEID|device ?id|id)$/i;

function firstCell(line: string): { readonly id: string; readonly quoted: boolean } {
  const quoted = /^\s*"((?:[^"]|"")*)"/.exec(line)?.[1];
  if (quoted !== undefined) return { id: quoted.replaceAll('""', '"'), quoted: true };
  return { id: (line.split(/[,;\t]/)[0] ?? "").trim(), quoted: false };
}
