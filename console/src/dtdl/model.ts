import {
  collectNamed,
  displayName,
  list,
  members,
  readSchema,
  typesOf,
  type Json,
  type Named,
  type Schema,
} from "./schema";

/** What a device with a template can do, as far as an operator asks for it. Telemetry is left out. */
export interface Capability {
  /** As job data names it: `name`, in a component `component.name`. */
  readonly path: string;
  readonly label: string;
  /** The component's name for people. */
  readonly component?: string;
  readonly kind: "property" | "readOnlyProperty" | "cloudProperty" | "command";
  /** Of the value, or of a command's request; undefined where there is none, or it cannot be read. */
  readonly schema: Schema | undefined;
  /** A command without it is called without a value. */
  readonly takesValue: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
  readonly description?: string;
  /** A command that is queued while the device is offline. */
  readonly durable: boolean;
}

/** Interfaces inherit at most this deep; a ring of them ends here too. */
const EXTENDS_DEPTH_MAX = 10;

/**
 * The properties and commands of a template's `capabilityModel`, in its order, what is inherited last, components after
 * the device itself. What cannot be read is left out: the server has the last word on a template. Edge modules are left
 * out, for jobs do not reach them.
 */
export function capabilitiesOf(model: unknown, language: string): Capability[] {
  const named = collectNamed(model);
  const contents = contentsOf(model, named);
  const own = contents.flatMap((content) => capability(content, undefined, named, language));
  const inComponents = contents
    .filter((content) => typesOf(content).includes("Component"))
    .flatMap((component) =>
      contentsOf(component["schema"], named).flatMap((content) =>
        capability(content, component, named, language),
      ),
    );
  return [...own, ...inComponents];
}

function contentsOf(value: unknown, named: Named, depth = 0): Json[] {
  const model = typeof value === "string" ? named.get(value) : members(value);
  if (model === undefined || depth > EXTENDS_DEPTH_MAX) return [];
  const parents: unknown[] = Array.isArray(model["extends"]) ? model["extends"] : [model["extends"] ?? {}];
  return [
    ...list(model["contents"]),
    ...parents.flatMap((parent: unknown) => contentsOf(parent, named, depth + 1)),
  ];
}

function capability(
  content: Json,
  component: Json | undefined,
  named: Named,
  language: string,
): Capability[] {
  const types = typesOf(content);
  const name = content["name"];
  const kind = kindOf(content, types);
  if (typeof name !== "string" || kind === undefined) return [];
  const request = content["request"];
  const takesValue = kind !== "command" || (request !== undefined && request !== null);
  const schema = kind === "command" ? members(request)["schema"] : content["schema"];
  return [
    {
      path: component ? `${String(component["name"])}.${name}` : name,
      label: displayName(content, language),
      ...(component && { component: displayName(component, language) }),
      kind,
      schema: takesValue ? readSchema(schema, named, language) : undefined,
      takesValue,
      ...number("minimum", content["minValue"]),
      ...number("maximum", content["maxValue"]),
      ...text("unit", content["displayUnit"] ?? content["unit"]),
      ...text("description", content["description"]),
      durable: content["durable"] === true,
    },
  ];
}

function kindOf(content: Json, types: readonly string[]): Capability["kind"] | undefined {
  if (types.includes("Command")) return "command";
  if (!types.includes("Property")) return undefined;
  if (types.includes("Cloud")) return "cloudProperty";
  return content["writable"] === true ? "property" : "readOnlyProperty";
}

function number<Name extends string>(name: Name, value: unknown) {
  return (typeof value === "number" ? { [name]: value } : {}) as { readonly [key in Name]?: number };
}

function text<Name extends string>(name: Name, value: unknown) {
  return (typeof value === "string" && value !== "" ? { [name]: value } : {}) as {
    readonly [key in Name]?: string;
  };
}
