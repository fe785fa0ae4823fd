import type { Translated } from "../catalogue";
import type { devices as english } from "../en/devices";

export const devices: Translated<typeof english> = {};
