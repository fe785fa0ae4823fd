import type { Translated } from "../catalogue";
import type { run as english } from "../en/run";

export const run: Translated<typeof english> = {};
