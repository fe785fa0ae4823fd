/** The parts of the permissions, in the order of their tabs; a part is shown to who may this. */
export const SECTIONS = [
  { id: "users", text: "permissions.users", needs: "manageUsers" },
  { id: "roles", text: "permissions.roles", needs: "viewRoles" },
  { id: "organizations", text: "permissions.organizations", needs: "viewOrganizations" },
  { id: "tokens", text: "permissions.tokens", needs: "manageTokens" },
] as const;

export type Section = (typeof SECTIONS)[number]["id"];

/** What a list shows, as it stands in the address. */
export interface PermissionsSearch {
  /** A part of a name. */
  readonly q?: string;
  /** The column that the list is in the order of, with `-` from its end. */
  readonly sort?: string;
}

/** Reads the address; what makes no sense is as if it were not there. */
export function readPermissionsSearch(search: Readonly<Record<string, unknown>>): PermissionsSearch {
  const { q, sort } = search;
  return {
    ...(typeof q === "string" && q !== "" && { q }),
    ...(typeof sort === "string" && /^-?[a-z]+$/u.test(sort) && { sort }),
  };
}
