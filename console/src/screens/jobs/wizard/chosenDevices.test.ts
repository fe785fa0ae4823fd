import { afterEach, expect, test, vi } from "vitest";
import { chosenDevices, rememberChosenDevices } from "./chosenDevices";

afterEach(() => {
  vi.restoreAllMocks();
  sessionStorage.clear();
});

test("what was ticked for one wizard is not what was ticked for another", () => {
  const first = rememberChosenDevices(["a"]);
  const second = rememberChosenDevices(["b", "c"]);
  expect(chosenDevices(first)).toEqual(["a"]);
  expect(chosenDevices(second)).toEqual(["b", "c"]);
  for (let more = 0; more < 9; more++) rememberChosenDevices([]);
  expect(chosenDevices(first)).toEqual([]);
  expect(chosenDevices(second)).toEqual(["b", "c"]);
});

test("what is no choice is nobody", () => {
  sessionStorage.setItem("bellwether.chosenDevices", '["a",null,{"id":"x","devices":[1]}]');
  expect(chosenDevices("chosen")).toEqual([]);
  expect(chosenDevices("x")).toEqual([]);
  sessionStorage.setItem("bellwether.chosenDevices", "{");
  expect(chosenDevices("x")).toEqual([]);
});

test("when the browser keeps no more the oldest go", () => {
  const first = rememberChosenDevices(["a"]);
  const set = sessionStorage.setItem.bind(sessionStorage);
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation((key, text) => {
    if (text.includes('"a"')) throw new DOMException("full", "QuotaExceededError");
    set(key, text);
  });
  const second = rememberChosenDevices(["b"]);
  expect(chosenDevices(first)).toEqual([]);
  expect(chosenDevices(second)).toEqual(["b"]);
  full.mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(() => rememberChosenDevices(["c"])).toThrow("full");
});
