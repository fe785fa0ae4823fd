import type { Catalogue } from "../catalogue";
import { audit } from "./audit";
import { common } from "./common";
import { devices } from "./devices";
import { groups } from "./groups";
import { jobs } from "./jobs";
import { permissions } from "./permissions";
import { run } from "./run";
import { scheduled } from "./scheduled";
import { templates } from "./templates";
import { wizard } from "./wizard";

export const zhHans: Catalogue = {
  ...common,
  ...jobs,
  ...wizard,
  ...run,
  ...scheduled,
  ...devices,
  ...groups,
  ...templates,
  ...permissions,
  ...audit,
};
