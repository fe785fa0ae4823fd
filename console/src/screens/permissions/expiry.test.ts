import { expect, test } from "vitest";
import { exampleCall, expiryOf, isTokenId, stateOf } from "./expiry";

const now = new Date("2026-03-01T12:00:00Z");

test("a token ends soon, and has ended", () => {
  expect(stateOf("2027-03-01T00:00:00Z", now)).toBe("valid");
  expect(stateOf("2026-03-31T11:59:59Z", now)).toBe("soon");
  expect(stateOf("2026-03-01T12:00:00Z", now)).toBe("ended");
  expect(stateOf(undefined, now)).toBe("valid");
});

test("the end of a new token", () => {
  expect(expiryOf("30", "", now)).toBe("2026-03-31T12:00:00.000Z");
  expect(expiryOf("date", "", now)).toBeUndefined();
  expect(expiryOf("date", "2026-02-01", now)).toBeUndefined();
  expect(expiryOf("date", "2026-04-01", now)).toBe(new Date("2026-04-01T23:59:59").toISOString());
});

test("ids of tokens", () => {
  for (const id of ["ci", "build.server_1-a", "a".repeat(128)]) expect(isTokenId(id)).toBe(true);
  for (const id of ["", ".", "..", "a b", "é", "a/b", "a".repeat(129)]) expect(isTokenId(id)).toBe(false);
});

test("the example is one command", () => {
  expect(exampleCall("https://bw.example", "SharedAccessSignature sr=a&sig=b%3D", "devices")).toBe(
    "curl --cacert ca.pem 'https://bw.example/api/devices?api-version=2022-07-31' \\\n" +
      "  -H 'Authorization: SharedAccessSignature sr=a&sig=b%3D'",
  );
});
