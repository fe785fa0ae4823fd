/** Where one goes after signing in: a place of this console, whatever the address says. */
export function backOf(search: Readonly<Record<string, unknown>>): { back?: string } {
  const { back } = search;
  // `//host` and `/\host` are other hosts to a browser.
  return typeof back === "string" && /^\/(?![/\\])/u.test(back) ? { back } : {};
}
