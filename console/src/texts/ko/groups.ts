import type { Translated } from "../catalogue";
import type { groups as english } from "../en/groups";

export const groups: Translated<typeof english> = {};
