import type { Translated } from "../catalogue";
import type { scheduled as english } from "../en/scheduled";

export const scheduled: Translated<typeof english> = {};
