import type { Translated } from "../catalogue";
import type { jobs as english } from "../en/jobs";

export const jobs: Translated<typeof english> = {
  "jobs.new": "Nouveau travail",
};
