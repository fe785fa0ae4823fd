/** What the address of a scheduled job says. */
export function readScheduledSearch({ tab }: Readonly<Record<string, unknown>>): {
  tab?: "request" | "activity";
} {
  return tab === "request" || tab === "activity" ? { tab } : {};
}
