import { expect, test } from "vitest";
import { devicesQuery, isDeviceId, isNarrowed, readDevicesSearch, statusOf } from "./search";

test("the address is read, nonsense in it is not there", () => {
  const whole = { q: "0012", template: "unassigned", status: "blocked", connected: "false", sort: "-name" };
  expect(readDevicesSearch(whole)).toEqual(whole);
  expect(
    readDevicesSearch({ q: "", template: 7, status: "lost", connected: "yes", sort: "age", other: "x" }),
  ).toEqual({});
});

test("each part of the address narrows the list, the order does not", () => {
  expect(isNarrowed({ sort: "name" })).toBe(false);
  for (const part of [{ q: "a" }, { template: "t" }, { status: "blocked" }, { connected: "false" }] as const)
    expect(isNarrowed(part)).toBe(true);
  expect(
    devicesQuery({ q: "a", template: "t", status: "registered", connected: "true", sort: "-name" }),
  ).toEqual({
    search: "a",
    template: "t",
    filter: "enabled eq true and provisioned eq false",
    connected: "true",
    orderby: "displayName desc",
  });
  expect(devicesQuery({ status: "blocked", organization: "o'neil" }).filter).toBe(
    "enabled eq false and organizations eq 'o''neil'",
  );
  expect(isNarrowed(readDevicesSearch({ organization: "north" }))).toBe(true);
  expect(devicesQuery({})).toEqual({});
});

test("the three states", () => {
  expect(statusOf({ enabled: true, provisioned: true })).toBe("provisioned");
  expect(statusOf({ enabled: true, provisioned: false })).toBe("registered");
  expect(statusOf({ enabled: false, provisioned: true })).toBe("blocked");
});

test("ids of devices", () => {
  for (const id of ["a", "Pump_7.north:2", "x".repeat(128)]) expect(isDeviceId(id)).toBe(true);
  for (const id of ["", "a b", "a/b", "größe", "x".repeat(129)]) expect(isDeviceId(id)).toBe(false);
});
