import { expect, test } from "vitest";
import { ExactNumber, readExact, writeExact } from "./exact";

test("numbers keep their digits from the server to the page, and a string of digits stays a string", () => {
  const text =
    '{"serial":9007199254740993,"low":-9223372036854775808,"share":0.12345678901234567891,"id":"9007199254740993","far":1e400,"near":1e-400,"list":[1,18446744073709551615]}';
  expect(writeExact(readExact(text), 0)).toBe(text);
});

test("what JavaScript holds is a number", () => {
  expect(
    readExact('{"z":0.00e5,"a":1,"b":10.0,"c":0.30000000000000004,"d":9007199254740991,"e":-1.5e3}'),
  ).toEqual({
    z: 0,
    a: 1,
    b: 10,
    c: 0.1 + 0.2,
    d: Number.MAX_SAFE_INTEGER,
    e: -1500,
  });
});

test("others who write it say the digits as a string, which the server takes for the number", () => {
  expect(JSON.stringify({ value: new ExactNumber("9007199254740993") })).toBe('{"value":"9007199254740993"}');
});

test("nothing has no text, and no JSON is refused", () => {
  expect(writeExact(undefined)).toBe("");
  expect(writeExact(null)).toBe("null");
  expect(() => readExact("{")).toThrow(SyntaxError);
});
