import { expect, test } from "vitest";
import { isOnOffer } from "./organization";

const all = [
  { id: "north", displayName: "North" },
  { id: "oslo", displayName: "Oslo", parent: "north" },
  { id: "south", displayName: "South" },
];

test.each([
  ["", "south", true],
  ["north", undefined, true],
  ["north", "north", true],
  ["north", "oslo", true],
  ["oslo", "north", true],
  ["oslo", "south", false],
  ["south", "oslo", false],
  ["gone", "north", false],
])("a job of %j and a group of %j: %j", (organization, group, offered) =>
  expect(isOnOffer({ organizations: group === undefined ? null : [group] }, organization, all)).toBe(offered),
);

test("whoever does not know the organizations is offered every group", () =>
  expect(isOnOffer({ organizations: ["south"] }, "oslo", undefined)).toBe(true));
