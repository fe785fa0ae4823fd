import type { Translated } from "../catalogue";
import type { templates as english } from "../en/templates";

export const templates: Translated<typeof english> = {};
