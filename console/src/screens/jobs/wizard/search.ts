/** What a wizard is opened with. */
export interface WizardSearch {
  /** A saved job to go on with. */
  readonly draft?: string;
  /** A job to copy. */
  readonly copy?: string;
  /** A scheduled job to copy. */
  readonly copyScheduled?: string;
  /** A scheduled job to edit. */
  readonly scheduled?: string;
  /** A job to make another one of on devices of it: those that failed, or with `devices` those that were ticked. */
  readonly rerun?: string;
  /** A device group to begin with. */
  readonly group?: string;
  /** The devices that were ticked in a list, as `chosenDevices` keeps them. */
  readonly devices?: string;
}

export function readWizardSearch(search: Readonly<Record<string, unknown>>): WizardSearch {
  const text = <Name extends string>(name: Name) => {
    const value = search[name];
    return (typeof value === "string" && value !== "" ? { [name]: value } : {}) as {
      readonly [key in Name]?: string;
    };
  };
  return {
    ...text("draft"),
    ...text("copy"),
    ...text("copyScheduled"),
    ...text("scheduled"),
    ...text("rerun"),
    ...text("group"),
    ...text("devices"),
  };
}
