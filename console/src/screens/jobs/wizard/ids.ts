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
 * is one that exports write. Separators may be commas, semicolons or tabs.
 */
export function readIds(text: string): IdList {
  const ids = new Set<string>();
  let lines = 0;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const id = firstCell(line);
    if (id === "" || (index === 0 && /^(IOTC_DEVICEID|device ?id|id)$/i.test(id))) continue;
    lines++;
    ids.add(id);
  }
  return { ids: [...ids], repeated: lines - ids.size };
}

function firstCell(line: string): string {
  const quoted = /^\s*"((?:[^"]|"")*)"/.exec(line)?.[1];
  return (quoted?.replaceAll('""', '"') ?? line.split(/[,;\t]/)[0] ?? "").trim();
}
