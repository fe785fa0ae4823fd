import { queryOptions, type QueryKey } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import type { Organization } from "../../api/lists";
import { pageOf, pageQuery, readAll } from "../../api/pages";
import type { GridSort } from "../../grid/column";
import type { RowSource } from "../../grid/windows";

export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type Role = Schemas["Role"];
export type RoleAssignment = Schemas["RoleAssignment"];

export const USERS_KEY: QueryKey = ["users"];
export const TOKENS_KEY: QueryKey = ["apiTokens"];

/** All users that the caller may manage. */
export const usersQuery = queryOptions({
  queryKey: [...USERS_KEY, "all"],
  queryFn: ({ signal }) =>
    readAll<User>(
      async (token, limit, signal) =>
        pageOf(await answer(api.GET("/users", { params: { query: pageQuery(token, limit) }, signal }))),
      signal,
      Infinity,
    ),
});

/** All API tokens that the caller may manage, without their text. */
export const tokensQuery = queryOptions({
  queryKey: [...TOKENS_KEY, "all"],
  queryFn: ({ signal }) =>
    readAll<ApiToken>(
      async (token, limit, signal) =>
        pageOf(await answer(api.GET("/apiTokens", { params: { query: pageQuery(token, limit) }, signal }))),
      signal,
      Infinity,
    ),
});

/** All roles. They are built in, so that they change with the server's program only. */
export const rolesQuery = queryOptions({
  queryKey: ["roles", "all"],
  queryFn: ({ signal }) =>
    readAll<Role>(
      async (token, limit, signal) =>
        pageOf(await answer(api.GET("/roles", { params: { query: pageQuery(token, limit) }, signal }))),
      signal,
    ),
  staleTime: 300_000,
});

/** How a user is called: the mail address, or the object of its directory. */
export function userName(user: User): string {
  return user.type === "email" ? user.email : `${user.objectId} (${user.tenantId})`;
}

/** What somebody may do and where, for people: "Operator", "Org Operator · Paris". */
export function sayRoles(
  assignments: readonly RoleAssignment[],
  roles: readonly Role[],
  organizations: readonly Organization[],
): string {
  return assignments
    .map(({ role, organization }) => {
      const name = roles.find(({ id }) => id === role)?.displayName ?? role;
      if (!organization) return name;
      const place = organizations.find(({ id }) => id === organization)?.displayName ?? organization;
      return `${name} · ${place}`;
    })
    .join(", ");
}

/** The rows of a list in which `q` stands, in the wished order; in that of creation when none is wished. */
export function narrowed<Row>(
  rows: readonly Row[],
  q: string | undefined,
  sort: string | undefined,
  cellsOf: (row: Row) => Readonly<Record<string, string>>,
): readonly Row[] {
  const wanted = q?.toLocaleLowerCase() ?? "";
  const found = rows
    .map((row) => ({ row, cells: cellsOf(row) }))
    .filter(({ cells }) => Object.values(cells).some((cell) => cell.toLocaleLowerCase().includes(wanted)));
  if (sort !== undefined) {
    const { by, descending } = sortOf(sort);
    const direction = descending ? -1 : 1;
    found.sort(
      (a, b) =>
        direction * (a.cells[by] ?? "").localeCompare(b.cells[by] ?? "", undefined, { numeric: true }),
    );
  }
  return found.map(({ row }) => row);
}

/** Lets a grid read what is here as a whole. */
export function wholeSource<Row>(key: QueryKey, read: () => Promise<readonly Row[]>): RowSource<Row> {
  return {
    key,
    getRange: async (offset, limit) => {
      const rows = await read();
      return { rows: rows.slice(offset, offset + limit), total: rows.length };
    },
  };
}

/** `-name` as the grid says it. */
export function sortOf(text: string): GridSort {
  return { by: text.replace(/^-/u, ""), descending: text.startsWith("-") };
}

export function sortText({ by, descending }: GridSort): string {
  return descending ? `-${by}` : by;
}
