import { expect, test } from "vitest";
import { narrowed, sayRoles, sortOf, sortText, wholeSource, type Role } from "./access";
import { assignmentsOf, draftsOf, faultOf } from "./assignments";
import { branchOf, found, idFromName, idsOf, isOrganizationId, treeOf } from "./organizationTree";
import { readPermissionsSearch } from "./search";

const roles: Role[] = [
  { id: "op", displayName: "Operator", permissions: ["runJobs"], withinOrganization: false },
  { id: "org", displayName: "Org Operator", permissions: ["runJobs"], withinOrganization: true },
];
const organizations = [
  { id: "fr", displayName: "France", parent: "eu" },
  { id: "eu", displayName: "Europe" },
  { id: "de", displayName: "Deutschland", parent: "eu" },
  { id: "plant-10", displayName: "Plant 10", parent: "fr" },
  { id: "plant-2", displayName: "Plant 2", parent: "fr" },
  { id: "lost", displayName: "Lost", parent: "somewhere" },
];

test("a role is sent where it holds, once, and only whole", () => {
  const all = [
    { role: "op", organization: "" },
    { role: "org", organization: "fr" },
    { role: "org", organization: "de" },
  ];
  expect(assignmentsOf(all, roles)).toEqual([
    { role: "op" },
    { role: "org", organization: "fr" },
    { role: "org", organization: "de" },
  ]);
  // What was chosen before the role was changed is not sent.
  expect(assignmentsOf([{ role: "op", organization: "fr" }], roles)).toEqual([{ role: "op" }]);
  expect(faultOf([{ role: "", organization: "" }], 0, roles)).toBe("role");
  expect(faultOf([{ role: "org", organization: "" }], 0, roles)).toBe("organization");
  expect(faultOf([...all, { role: "org", organization: "fr" }], 3, roles)).toBe("twice");
  expect(faultOf([...all, { role: "op", organization: "de" }], 3, roles)).toBe("twice");
  expect(assignmentsOf([], roles)).toBeUndefined();
  expect(assignmentsOf([...all, { role: "org", organization: "" }], roles)).toBeUndefined();
  expect(draftsOf([{ role: "op" }, { role: "org", organization: "fr" }])).toEqual([
    { role: "op", organization: "" },
    { role: "org", organization: "fr" },
  ]);
});

test("roles are said with their places; what is not known stands as it is", () => {
  const assignments = [{ role: "op" }, { role: "org", organization: "fr" }, { role: "x", organization: "y" }];
  expect(sayRoles(assignments, roles, organizations)).toBe("Operator, Org Operator · France, x · y");
});

test("the tree: levels by name, what has no visible parent at the top", () => {
  const tree = treeOf(organizations);
  expect(idsOf(tree)).toEqual(["eu", "de", "fr", "plant-2", "plant-10", "lost"]);
  expect(idsOf(found(tree, "plant 2"))).toEqual(["eu", "fr", "plant-2"]);
  expect(found(tree, "nowhere")).toEqual([]);
  expect(branchOf(organizations, "fr")).toEqual(new Set(["fr", "plant-2", "plant-10"]));
  expect(branchOf(organizations, "no")).toEqual(new Set());
});

test("ids of organizations", () => {
  for (const id of ["ab", "plant-10", "a".repeat(48)]) expect(isOrganizationId(id)).toBe(true);
  for (const id of ["", "a", "-ab", "ab-", "Ab", "a b", "a".repeat(49)])
    expect(isOrganizationId(id)).toBe(false);
  expect(idFromName("Île-de-France 2")).toBe("ile-de-france-2");
  expect(idFromName(` ${"ab ".repeat(30)}`)).toMatch(/^[a-z0-9-]{2,48}$/u);
  expect(idFromName("서울")).toBe("");
});

test("lists are searched in every cell and put in order", async () => {
  const rows = ["b10", "B2", "a1"].map((name) => ({ name }));
  const cells = ({ name }: { name: string }) => ({ name });
  expect(narrowed(rows, undefined, undefined, cells)).toEqual(rows);
  expect(narrowed(rows, "b", "name", cells).map(({ name }) => name)).toEqual(["B2", "b10"]);
  expect(narrowed(rows, undefined, "-name", cells).map(({ name }) => name)).toEqual(["b10", "B2", "a1"]);
  expect(sortOf("-name")).toEqual({ by: "name", descending: true });
  expect(sortText({ by: "name", descending: true })).toBe("-name");
  const source = wholeSource(["x"], () => Promise.resolve(rows));
  expect(await source.getRange(1, 1, new AbortController().signal)).toEqual({
    rows: [{ name: "B2" }],
    total: 3,
  });
});

test("an address that makes no sense is as if it were not there", () => {
  expect(readPermissionsSearch({ q: "ada", sort: "-name", other: "x" })).toEqual({ q: "ada", sort: "-name" });
  expect(readPermissionsSearch({ q: "", sort: "DROP TABLE" })).toEqual({});
});
