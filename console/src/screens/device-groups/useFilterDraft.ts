import { useState } from "react";
import { draftOf, filterOf, type DraftFilter } from "./draft";
import { readFilter, writeFilter } from "./filter";

/** A filter while it is edited, as rows or as text. */
export interface FilterDraft {
  /** Undefined while a row lacks something. */
  readonly text: string | undefined;
  /** Undefined while it is edited as text. */
  readonly rows: DraftFilter | undefined;
  readonly setRows: (rows: DraftFilter) => void;
  readonly setText: (text: string) => void;
  /** Goes over to text. */
  readonly editText: () => void;
  /** Goes over to rows; undefined where rows cannot show the text. */
  readonly editRows: (() => void) | undefined;
  /** Something was changed. */
  readonly touched: boolean;
}

type State =
  /** `written`: the text as it came, until a row is changed: what is only looked at stays as it was written. */
  | { readonly as: "rows"; readonly rows: DraftFilter; readonly written: string | undefined }
  | { readonly as: "text"; readonly text: string };

export function useFilterDraft(initial: string): FilterDraft {
  const [state, setState] = useState<State>(() => asRows(initial) ?? { as: "text", text: initial });
  const [touched, setTouched] = useState(false);
  const text = textOf(state);
  const other = state.as === "text" ? asRows(state.text) : undefined;
  return {
    text,
    rows: state.as === "rows" ? state.rows : undefined,
    setRows: (rows) => {
      setTouched(true);
      setState({ as: "rows", rows, written: undefined });
    },
    setText: (text) => {
      setTouched(true);
      setState({ as: "text", text });
    },
    // A row that lacks something is left behind: as text there is nothing to say of it.
    editText: () => setState({ as: "text", text: text ?? wholeRows(state) }),
    editRows: other && (() => setState(other)),
    touched,
  };
}

function asRows(text: string): State | undefined {
  const filter = readFilter(text);
  return filter && { as: "rows", rows: draftOf(filter), written: text };
}

function textOf(state: State): string | undefined {
  if (state.as === "text") return state.text;
  if (state.written !== undefined) return state.written;
  const filter = filterOf(state.rows);
  return filter && writeFilter(filter);
}

function wholeRows(state: State): string {
  if (state.as === "text") return state.text;
  const rows = state.rows.rows.filter((row) => filterOf({ ...state.rows, rows: [row] }) !== undefined);
  const filter = filterOf({ ...state.rows, rows });
  return filter ? writeFilter(filter) : "";
}
