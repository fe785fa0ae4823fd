import { expect, test } from "vitest";
import { readIds } from "./ids";

test.each([
  ["a\nb\r\nc\n", ["a", "b", "c"], 0],
  ["\uFEFFIOTC_DEVICEID,IOTC_DEVICENAME\npump-1,Pump\npump-2,Pump", ["pump-1", "pump-2"], 0],
  ['"a,1";x\n"a""2"\ty\n a3 ', ["a,1", 'a"2', "a3"], 0],
  ["deviceId\n\n007\n007\n7", ["007", "7"], 1],
  ["a\nid", ["a", "id"], 0],
  ["", [], 0],
])("%j", (text, ids, repeated) => expect(readIds(text)).toEqual({ ids, repeated }));
