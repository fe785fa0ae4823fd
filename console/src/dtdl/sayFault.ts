import type { TextKey, Translate } from "../texts/catalogue";
import type { ValueFault } from "./value";

type Rule = Exclude<ValueFault["rule"], "least" | "most">;

const TEXTS: { readonly [Key in Rule]: TextKey & `value.fault.${Key}` } = {
  array: "value.fault.array",
  boolean: "value.fault.boolean",
  date: "value.fault.date",
  dateTime: "value.fault.dateTime",
  duration: "value.fault.duration",
  field: "value.fault.field",
  missing: "value.fault.missing",
  number: "value.fault.number",
  object: "value.fault.object",
  option: "value.fault.option",
  range32: "value.fault.range32",
  range64: "value.fault.range64",
  text: "value.fault.text",
  time: "value.fault.time",
  whole: "value.fault.whole",
};

/** A fault of a value as a sentence. */
export function sayFault({ rule, bound = 0, path }: ValueFault, t: Translate): string {
  const said =
    rule === "least"
      ? t("value.fault.least", { bound: String(bound) })
      : rule === "most"
        ? t("value.fault.most", { bound: String(bound) })
        : t(TEXTS[rule]);
  return path.length === 0 ? said : t("value.fault.at", { path: pathText(path), rule: said });
}

/** `a.b[1]` */
export function pathText(path: readonly string[]): string {
  return path.map((part, index) => (index === 0 || part.startsWith("[") ? part : `.${part}`)).join("");
}
