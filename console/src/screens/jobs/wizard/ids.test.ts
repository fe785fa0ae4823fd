import { expect, test } from "vitest";
import { readIds, writeIds } from "./ids";

test.each([
  ["a\nb\r\nc\n", ["a", "b", "c"], 0],
  ["\uFEFFIOTC_DEVICEID,IOTC_DEVICENAME\npump-1,Pump\npump-2,Pump", ["pump-1", "pump-2"], 0],
  ['"a,1";x\n"a""2"\ty\n a3 ', ["a,1", 'a"2', "a3"], 0],
  ["deviceId\n\n007\n007\n7", ["007", "7"], 1],
  ["a\nid", ["a", "id"], 0],
  ['"id"\na', ["id", "a"], 0],
  ["", [], 0],
])("%j", (text, ids, repeated) => expect(readIds(text)).toEqual({ ids, repeated }));

test("what is written is read as it was, whatever an id may hold", () => {
  const letters = [
    "a",
    "7",
    "-",
    ".",
    "%",
    "_",
    "*",
    "?",
    "!",
    "(",
    ")",
    ",",
    ":",
    "=",
    "@",
    "$",
    "'",
    ";",
    "#",
    '"',
    " ",
  ];
  // The same numbers each time: a generator of Lehmer's.
  let seed = 1;
  const draw = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 2_000; round++) {
    const ids = ["id", "DeviceId"].filter(() => draw(4) === 0);
    for (let n = draw(5); n > 0; n--) {
      const id = Array.from({ length: 1 + draw(6) }, () => letters[draw(letters.length)]).join("");
      if (!ids.includes(id)) ids.push(id);
    }
    expect(readIds(writeIds(ids))).toEqual({ ids, repeated: 0 });
  }
});
