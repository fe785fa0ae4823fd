import { afterEach, expect, test, vi } from "vitest";
import { bodyOf, formOf } from "./form";
import { memberIds, readSource, TICKED_MAX, TooManyDevices } from "./queries";

const { signal } = new AbortController();
afterEach(() => vi.unstubAllGlobals());

/** A server that answers a path, each page with the link to the next. */
function answering(read: (path: string, from: number) => unknown) {
  vi.stubGlobal("fetch", ({ url }: Request) => {
    const { pathname, searchParams } = new URL(url);
    return Promise.resolve(
      Response.json(
        read(
          pathname.replace("/api", ""),
          Number(searchParams.get("$skiptoken") ?? searchParams.get("from") ?? 0),
        ),
      ),
    );
  });
}

test("the ids of a group are all of it, or it is said that they are too many", async () => {
  let devices = TICKED_MAX;
  answering((_, from) => ({
    value: Array.from({ length: Math.min(100, devices - from) }, (_, n) => ({ id: `d${from + n}` })),
    ...(from + 100 < devices && { nextLink: `/x?$skiptoken=${from + 100}` }),
  }));
  expect(await memberIds("g", signal)).toHaveLength(TICKED_MAX);
  devices++;
  await expect(memberIds("g", signal)).rejects.toBeInstanceOf(TooManyDevices);
});

const job = {
  id: "j",
  displayName: "Night",
  group: "everything",
  data: [],
  counters: { total: 3 },
};

test.each([{ target: "failedOf" }, { target: "devices" }])(
  "a copy of %o is on its devices, never on its group",
  async (kind) => {
    answering((path) =>
      path === "/jobs/j"
        ? { ...job, ...kind }
        : { value: [{ id: "a" }, { id: "b" }, { id: "c", deleted: true }] },
    );
    const source = await readSource({ copy: "j" }, signal);
    expect(source.copyOf).toEqual({ name: "Night", devices: { total: 3, taken: 2 } });
    const form = formOf(source.job, new Date());
    expect(form).toMatchObject({ from: "list", group: "", listed: ["a", "b"] });
    expect(bodyOf(form, () => undefined)).toMatchObject({ devices: ["a", "b"] });
    expect(bodyOf(form, () => undefined)).not.toHaveProperty("group");
  },
);

test("a copy of more devices than can be named asks for devices; one of a group is on the group", async () => {
  answering(() => ({ ...job, target: "failedOf", counters: { total: 100_001 } }));
  const many = formOf((await readSource({ copy: "j" }, signal)).job, new Date());
  expect(many).toMatchObject({ from: "list", group: "", listed: [] });
  answering(() => ({ ...job, target: "group" }));
  const group = formOf((await readSource({ copy: "j" }, signal)).job, new Date());
  expect(group).toMatchObject({ from: "group", group: "everything", ticked: undefined });
});

test("a rerun begins with what its source did, and without its group", async () => {
  answering(() => ({ ...job, target: "group", counters: { total: 3, failed: 2 } }));
  const source = await readSource({ rerun: "j" }, signal);
  expect(source.rerun).toEqual({ job: "j", name: "Night", failed: 2, hub: undefined });
  expect(formOf(source.job, new Date())).toMatchObject({ group: "", listed: [] });
});
