/**
 * The filter of a device group (query-language §9.1) as rows, and rows as text. The server has the last word on what a
 * filter means; here only what rows can show is read, and everything else stays text.
 */
export interface Filter {
  /** The template's id; undefined: none is named. */
  readonly template: string | undefined;
  /** One kind for all rows. */
  readonly joiner: "AND" | "OR";
  readonly rows: readonly FilterRow[];
}

export interface FilterRow {
  /** `name`, `component.name`, or one of `METADATA`. */
  readonly operand: string;
  readonly operator: Operator;
  readonly value: Literal;
}

/** Numbers keep the digits that they were written with. */
export interface Literal {
  readonly kind: "string" | "number" | "boolean";
  readonly text: string;
}

export const OPERATORS = ["=", "!=", "<", "<=", ">", ">="] as const;

export type Operator = (typeof OPERATORS)[number];

/** What the server itself knows of a device. `$template` stands apart. */
export const METADATA = ["$id", "$displayName", "$provisioned", "$simulated", "$enabled"] as const;

/** Words that a name can only be in `[[ ]]`. */
const RESERVED = /^(select|from|where|and|or|not|in|nin|true|false|null|undefined)$/i;

const NAME = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/** The text of a filter. */
export function writeFilter({ template, joiner, rows }: Filter): string {
  const conditions = rows.map(writeRow);
  if (template === undefined) return selectFrom("devices", conditions, joiner);
  // Beside an OR the template would be one alternative among others.
  if (joiner === "OR" && rows.length > 1) return selectFrom(template, conditions, joiner);
  return selectFrom("devices", [`$template = ${writeString(template)}`, ...conditions], "AND");
}

function selectFrom(source: string, conditions: readonly string[], joiner: string): string {
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(` ${joiner} `)}`;
  return `SELECT * FROM ${source}${where}`;
}

function writeRow({ operand, operator, value }: FilterRow): string {
  const name = operand.startsWith("$") ? operand : operand.split(".").map(writeName).join(".");
  return `${name} ${operator} ${value.kind === "string" ? writeString(value.text) : value.text}`;
}

function writeName(name: string): string {
  return NAME.test(name) && !RESERVED.test(name) ? name : `[[${name}]]`;
}

function writeString(text: string): string {
  return `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\["'\\]|\\u[\da-fA-F]{4})*"|'(?:[^'\\]|\\["'\\]|\\u[\da-fA-F]{4})*')|(?<number>-?\s*\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_$]))|\[\[(?<escaped>(?:(?!\]\]).)*)\]\]|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|(?<symbol><=|>=|<>|!=|[=<>.*]))/uy;

interface Token {
  readonly kind: "string" | "number" | "escaped" | "word" | "symbol";
  readonly text: string;
}

/** The rows of a filter; undefined where rows cannot show it (it may still be right). */
export function readFilter(text: string): Filter | undefined {
  const head = /^\s*select\s*\*\s*from\s+(\S+)\s*(?:where\s+(.*))?$/isu.exec(text);
  const [, source = "", rest] = head ?? [];
  if (!head || /['"(),*]/.test(source)) return undefined;
  const from = /^devices$/i.test(source) ? undefined : source;
  if (rest === undefined) return { template: from, joiner: "AND", rows: [] };
  const tokens = tokensOf(rest);
  if (!tokens) return undefined;

  const rows: FilterRow[] = [];
  const joiners = new Set<"AND" | "OR">();
  let at = 0;
  for (;;) {
    const read = readRow(tokens, at);
    if (!read) return undefined;
    rows.push(read.row);
    at = read.next;
    const joiner = tokens[at];
    if (joiner === undefined) break;
    const word = joiner.kind === "word" ? joiner.text.toUpperCase() : "";
    if (word !== "AND" && word !== "OR") return undefined;
    joiners.add(word);
    at++;
  }
  if (joiners.size > 1) return undefined;
  const joiner = joiners.has("OR") ? "OR" : "AND";

  const naming = rows.filter(({ operand }) => operand === "$template");
  if (naming.length === 0) return { template: from, joiner, rows };
  const [only] = naming;
  // Several, another comparison, one beside FROM or beside an OR: no picker of a template says that.
  const plain =
    naming.length === 1 &&
    joiner === "AND" &&
    from === undefined &&
    only?.operator === "=" &&
    only.value.kind === "string";
  if (!plain) return undefined;
  return { template: only.value.text, joiner, rows: rows.filter((row) => row !== only) };
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) return undefined;
    const [kind, found] =
      Object.entries(groups).find(([, found]) => (found as string | undefined) !== undefined) ?? [];
    tokens.push({ kind: kind as Token["kind"], text: found ?? "" });
  }
  return tokens;
}

function readRow(tokens: readonly Token[], at: number): { row: FilterRow; next: number } | undefined {
  const first = nameOf(tokens[at]);
  if (first === undefined) return undefined;
  let next = at + 1;
  let operand = first;
  if (tokens[next]?.kind === "symbol" && tokens[next]?.text === ".") {
    const second = nameOf(tokens[next + 1]);
    if (second === undefined || first.startsWith("$") || second.startsWith("$")) return undefined;
    operand = `${first}.${second}`;
    next += 2;
  }
  if (operand.startsWith("$")) {
    const known = ["$template", ...METADATA].find((name) => name.toLowerCase() === operand.toLowerCase());
    if (known === undefined) return undefined;
    operand = known;
  }
  const symbol = tokens[next];
  const written = symbol?.kind === "symbol" ? symbol.text : "";
  const operator = OPERATORS.find((one) => one === (written === "<>" ? "!=" : written));
  const value = literalOf(tokens[next + 1]);
  return operator && value ? { row: { operand, operator, value }, next: next + 2 } : undefined;
}

/** A name; one with a dot in it cannot be told from a component's, so that rows do not show it. */
function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === "escaped") return /^[^.$][^.]*$/.test(token.text) ? token.text : undefined;
  return token?.kind === "word" && !RESERVED.test(token.text) ? token.text : undefined;
}

function literalOf(token: Token | undefined): Literal | undefined {
  if (token?.kind === "string") {
    const text = token.text
      .slice(1, -1)
      .replace(/\\(?:u([\da-fA-F]{4})|(.))/gu, (_, code: string | undefined, plain: string) =>
        code === undefined ? plain : String.fromCharCode(parseInt(code, 16)),
      );
    return { kind: "string", text };
  }
  if (token?.kind === "number") return { kind: "number", text: token.text.replace(/\s/g, "") };
  if (token?.kind === "word" && /^(true|false)$/i.test(token.text))
    return { kind: "boolean", text: token.text.toLowerCase() };
  return undefined;
}
