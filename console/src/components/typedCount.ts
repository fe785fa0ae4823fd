/** Whether a person typed this number, with or without the thousands separators of any language. */
export function saysCount(typed: string, count: number): boolean {
  const digits = typed.trim().replace(/(?<=\d)[.,'’\s](?=\d{3}(?!\d))/gu, "");
  return digits === String(count);
}
