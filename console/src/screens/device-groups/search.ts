/** What a list that is here as a whole shows, as it stands in the address. */
export interface ListSearch {
  readonly q?: string;
  readonly sort?: "-name";
}

export function readListSearch({ q, sort }: Readonly<Record<string, unknown>>): ListSearch {
  return {
    ...(typeof q === "string" && q !== "" && { q }),
    ...(sort === "-name" && { sort }),
  };
}

export const GROUP_VIEWS = ["filter", "devices"] as const;

export type GroupView = (typeof GROUP_VIEWS)[number];

/** Which part of a group's page is open. */
export function readGroupSearch({ view }: Readonly<Record<string, unknown>>): { readonly view?: GroupView } {
  const known = GROUP_VIEWS.find((name) => name === view);
  return known ? { view: known } : {};
}
