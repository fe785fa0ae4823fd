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

/**
 * Every text of the console, by area. `{name}` is a parameter; an entry with `one` and `other` is chosen by its parameter
 * `count`. Other languages have the same keys (the compiler checks it) and the same parameters (a test does). Keys of an
 * area begin with its name; what several areas say is in `common`.
 */
export const en = {
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
