/** Where a list of devices leaves those that were ticked in it for the wizard. */
const KEY = "bellwether.chosenDevices";

/** Keeps the ids for a wizard that is opened next with `devices=chosen` in its address; another tab does not see them. */
export function rememberChosenDevices(ids: readonly string[]): void {
  sessionStorage.setItem(KEY, JSON.stringify(ids));
}

/** The ids that were kept; none when there are none. They stay until others are, so that the page may be loaded again. */
export function chosenDevices(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}
