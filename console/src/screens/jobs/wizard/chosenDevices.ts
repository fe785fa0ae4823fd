/** Where lists of devices leave those that were ticked in them for the wizard. */
const KEY = "bellwether.chosenDevices";

/** How many choices are kept. */
const KEPT = 10;

interface Choice {
  readonly id: string;
  readonly devices: readonly string[];
}

/**
 * Keeps the ids of devices for a wizard that is opened next; the answer is what its address says as `devices`. Another
 * tab does not see them. The oldest choices go when there are many, or when the browser keeps no more.
 *
 * @throws when the browser does not keep even these
 */
export function rememberChosenDevices(devices: readonly string[]): string {
  const id = crypto.randomUUID();
  const choices = [...readChoices(), { id, devices }].slice(-KEPT);
  for (;;) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(choices));
      return id;
    } catch (error) {
      if (choices.length === 1) throw error;
      choices.shift();
    }
  }
}

/** The ids that were kept so; none when they are no longer. They stay, so that the page may be loaded again. */
export function chosenDevices(id: string): readonly string[] {
  return readChoices().find((choice) => choice.id === id)?.devices ?? [];
}

function readChoices(): readonly Choice[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isChoice) : [];
  } catch {
    return [];
  }
}

function isChoice(value: unknown): value is Choice {
  const { id, devices } = (value ?? {}) as Partial<Record<keyof Choice, unknown>>;
  return typeof id === "string" && Array.isArray(devices) && devices.every((one) => typeof one === "string");
}
