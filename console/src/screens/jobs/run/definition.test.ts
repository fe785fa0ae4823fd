import { expect, test } from "vitest";
import { readExact } from "../../../json/exact";
import { curlOf } from "../wizard/request";
import { requestOf, type Defined } from "./Definition";

test("the call that is copied says large numbers as they came", () => {
  const job = readExact(
    '{"group":"g","data":[{"type":"property","target":"t","path":"serial","value":9007199254740993}]}',
  ) as Defined;
  const call = { kind: "job", id: "j", body: requestOf(job) } as const;
  expect(curlOf(call, "https://fleet")).toContain('"value": 9007199254740993\n');
});
