import type { Translated } from "../catalogue";
import type { wizard as english } from "../en/wizard";

export const wizard: Translated<typeof english> = {};
