import type { Translated } from "../catalogue";
import type { audit as english } from "../en/audit";

export const audit: Translated<typeof english> = {};
