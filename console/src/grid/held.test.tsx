import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { useState, type ReactNode } from "react";
import { afterEach, expect, test } from "vitest";
import { inOrderOf, useAttended, useHeld, useRenewals } from "./held";

afterEach(cleanup);

interface Row {
  readonly id: string;
  readonly done: number;
}

const idOf = ({ id }: Row) => id;
const rowsOf = (text: string, done = 0): Row[] => Array.from(text, (id) => ({ id, done }));
const ids = (rows: readonly Row[]) => rows.map(idOf).join("");

test("rows stay in their order, with what is in them now; those above wait, those behind the last do not count", () => {
  const held = inOrderOf(rowsOf("bcd"), rowsOf("azbdx", 7), idOf);
  expect(ids(held.rows)).toBe("bcd");
  expect(held.rows.map(({ done }) => done)).toEqual([7, 0, 7]);
  expect([...held.gone]).toEqual(["c"]);
  expect(held.news).toBe(2);
  expect(held.behind).toBe(true);
  expect(inOrderOf(rowsOf("ab"), rowsOf("ab", 1), idOf)).toMatchObject({ news: 0, behind: false });
});

interface Given {
  readonly now: string;
  readonly version: string;
  readonly holding: boolean;
  readonly list?: string;
  readonly done?: number;
}

function held(initialProps: Given) {
  const client = new QueryClient();
  client.setQueryData(["jobs", "grid"], 0);
  const hook = renderHook(
    ({ now, version, holding, list = "all", done = 0 }: Given) =>
      useHeld(rowsOf(now, done), { list, version, holding, renewals: useRenewals(["jobs"]), idOf }),
    {
      initialProps,
      wrapper: ({ children }: { children: ReactNode }) => (
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      ),
    },
  );
  return { ...hook, client, shown: () => ids(hook.result.current.rows) };
}

test("while somebody is at the list its rows stay, and the list is shown when he leaves or asks", () => {
  const { rerender, result, shown } = held({ now: "bc", version: "1", holding: false });
  rerender({ now: "abc", version: "2", holding: false });
  expect(shown()).toBe("abc");
  rerender({ now: "abc", version: "2", holding: true });
  rerender({ now: "xabc", version: "3", holding: true });
  expect(shown()).toBe("abc");
  expect(result.current.news).toBe(1);
  act(() => void result.current.release());
  expect(shown()).toBe("xabc");
  rerender({ now: "yxabc", version: "4", holding: true });
  expect(shown()).toBe("xabc");
  rerender({ now: "yxabc", version: "4", holding: false });
  expect(shown()).toBe("yxabc");
  rerender({ now: "yxabc", version: "4", holding: true });
  expect(shown()).toBe("yxabc");
  rerender({ now: "zyxabc", version: "5", holding: true });
  expect(shown()).toBe("yxabc");
});

test("another list is not held, nor is one that was empty", () => {
  const { rerender, shown } = held({ now: "", version: "1", holding: true });
  rerender({ now: "a", version: "2", holding: true });
  expect(shown()).toBe("a");
  rerender({ now: "xyz", version: "3", holding: true, list: "failed" });
  expect(shown()).toBe("xyz");
});

test("what the reader did himself is shown with the next answer, and from then on the rows stay again", async () => {
  const { rerender, shown, client } = held({ now: "abc", version: "1", holding: true });
  rerender({ now: "xabc", version: "2", holding: true });
  expect(shown()).toBe("abc");
  await act(() => client.invalidateQueries({ queryKey: ["jobs"] }));
  rerender({ now: "xac", version: "3", holding: true });
  expect(shown()).toBe("xac");
  rerender({ now: "yxac", version: "4", holding: true });
  expect(shown()).toBe("xac");
  client.setQueryData(["jobs", "grid"], 1);
  await act(() => client.invalidateQueries({ queryKey: ["jobs"] }));
  // He leaves, and is back before the answer.
  rerender({ now: "yxac", version: "4", holding: false });
  rerender({ now: "yxac", version: "4", holding: true });
  rerender({ now: "yxc", version: "5", holding: true });
  expect(shown()).toBe("yxc");
});

test("a row that is gone stays as it was last, not as it was when the reader came", () => {
  const { rerender, result, shown } = held({ now: "ab", version: "1", holding: true });
  rerender({ now: "ab", version: "2", holding: true, done: 5 });
  rerender({ now: "b", version: "3", holding: true, done: 6 });
  expect(shown()).toBe("ab");
  expect(result.current.rows.map(({ done }) => done)).toEqual([5, 6]);
  expect([...result.current.gone]).toEqual(["a"]);
});

function List({ rows, tabIndex = -1 }: { rows: string; tabIndex?: number }) {
  const [root, setRoot] = useState<HTMLElement | null>(null);
  const { attended, handlers } = useAttended(root);
  return (
    <>
      <output>{attended ? "attended" : "alone"}</output>
      {rows !== "" && (
        <div ref={setRoot} role="group" tabIndex={tabIndex} {...handlers}>
          {Array.from(rows, (row) => (
            <button key={row}>{row}</button>
          ))}
        </div>
      )}
    </>
  );
}

test.each([
  [0, "attended"],
  [-1, "alone"],
])("when the row with the focus goes away the list has the focus (tabIndex %i)", async (tabIndex, then) => {
  const { rerender } = render(<List rows="ab" tabIndex={tabIndex} />);
  act(() => screen.getByText("a").focus());
  expect(screen.getByRole("status").textContent).toBe("attended");
  rerender(<List rows="b" tabIndex={tabIndex} />);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("group")));
  expect(screen.getByRole("status").textContent).toBe(then);
});

test("nobody is at a list that goes away", () => {
  const { rerender } = render(<List rows="a" />);
  act(() => screen.getByText("a").focus());
  rerender(<List rows="" />);
  expect(screen.getByRole("status").textContent).toBe("alone");
});

test("the focus is not taken from elsewhere when a row goes away", () => {
  const { rerender } = render(<List rows="ab" />);
  rerender(<List rows="b" />);
  expect(document.activeElement).toBe(document.body);
});
