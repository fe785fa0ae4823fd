import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { TextsProvider } from "../texts/TextsProvider";
import { DataGrid } from "./DataGrid";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const COLUMNS = [{ id: "id", header: "Id", width: 100, cell: ({ id }: { id: string }) => <span>{id}</span> }];

test("a list that moves when others do something is held, also when it is told to be read again", async () => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = () => undefined;
      disconnect = () => undefined;
    },
  );
  const client = new QueryClient();
  let ids = "abc";
  const source = {
    key: ["moving"],
    moves: true,
    getRange: () => Promise.resolve({ rows: Array.from(ids, (id) => ({ id })), total: ids.length }),
  };
  render(
    <TextsProvider>
      <QueryClientProvider client={client}>
        <DataGrid
          name="test"
          label="Moving"
          source={source}
          columns={COLUMNS}
          rowId={({ id }) => id}
          rowName={({ id }) => id}
          empty={null}
        />
      </QueryClientProvider>
    </TextsProvider>,
  );
  const shown = () =>
    screen
      .getAllByRole("gridcell")
      .map(({ textContent }) => textContent)
      .join("");
  await waitFor(() => expect(shown()).toBe("abc"));
  const grid = screen.getByRole("grid");
  const readAgain = () => act(() => client.invalidateQueries({ queryKey: ["moving"] }));

  fireEvent.pointerEnter(grid);
  ids = "xbc";
  await readAgain();
  expect(shown()).toBe("abc");
  fireEvent.pointerLeave(grid);
  expect(shown()).toBe("xbc");
  ids = "yxbc";
  await readAgain();
  expect(shown()).toBe("yxbc");
});
