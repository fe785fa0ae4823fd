import { expect, test } from "vitest";
import { saysCount } from "./typedCount";

test.each(["1234567", " 1,234,567 ", "1.234.567", "1 234 567", "1\u202f234\u202f567", "1’234’567"])(
  "%j says 1234567",
  (typed) => expect(saysCount(typed, 1_234_567)).toBe(true),
);

test.each(["", "123456", "12345678", "1e6", "1234567x", "1,2,3,4567", "01234567", "1234567,0"])(
  "%j does not",
  (typed) => expect(saysCount(typed, 1_234_567)).toBe(false),
);
