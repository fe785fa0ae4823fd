import { expect, test } from "vitest";
import { translator } from "../../texts/catalogue";
import { en } from "../../texts/en";
import { formatsOf } from "../../texts/formats";
import { sayReason } from "./reason";

const formats = formatsOf("en");
const t = translator(en, "en");
const at = "2026-11-20T12:00:00Z";
const time = formats.dateTime(new Date(at));

test.each([
  [{ code: "slot" }, "It waits: as many jobs are running as may run at once."],
  [{ code: "time", at }, `It begins at ${time}.`],
  [{ code: "absent", devices: 3, at }, `It waits until ${time} for 3 devices to connect.`],
  [{ code: "absent", devices: 1 }, "It waits for 1 device to connect."],
  [
    { code: "lastAnswers", devices: 2, at },
    `It waits for the answers of 2 devices, until ${time} at the latest.`,
  ],
  [{ code: "lastAnswers", devices: 2 }, "It waits for the answers of 2 devices."],
  [{ code: "stopped", by: "a@b.example", at }, `a@b.example stopped it at ${time}.`],
  [{ code: "held", by: "a@b.example", at }, `It waits: a@b.example has held all jobs since ${time}.`],
  [
    { code: "stoppedByHold", by: "a@b.example", at },
    `a@b.example held all jobs at ${time}, which stopped it.`,
  ],
  [
    { code: "pausedAfterBatch", by: "a@b.example", at, batch: 3 },
    "It stopped after batch 3, as a@b.example had asked for.",
  ],
  [{ code: "cancelled", at }, `Somebody who is gone canceled it at ${time}.`],
  [
    { code: "threshold", failed: 4, borne: 3 },
    "4 failed, more than the 3 that were borne: the job was canceled.",
  ],
] as const)("%o in words", (reason, said) => {
  expect(sayReason({ message: "the server's words", ...reason }, t, formats)).toBe(said);
});

test("what the page has no words for, or not all that they need, is said in the server's", () => {
  expect(sayReason({ code: "failed", message: "the group is broken" }, t, formats)).toBe(
    "The group is broken.",
  );
  expect(sayReason({ code: "stopped", message: "stopped" }, t, formats)).toBe("stopped.");
  expect(sayReason({ code: "threshold", message: "too many failed" }, t, formats)).toBe("Too many failed.");
});
