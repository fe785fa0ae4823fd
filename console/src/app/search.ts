/**
 * What stands behind `?` in an address, as plain text: `?status=failed&q=0012`. The router's own form writes JSON, which
 * makes `q="0012"` of that and a number of a device's id `12`.
 */
export function readSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** The opposite; members without a value are left out. */
export function writeSearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") parameters.set(name, value);
    if (typeof value === "number" || typeof value === "boolean") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}
