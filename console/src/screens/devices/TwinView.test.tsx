import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext, type Session } from "../../session/session";
import { TextsProvider } from "../../texts/TextsProvider";
import type { Device } from "./search";
import { TwinView } from "./TwinView";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("a reading that fails takes nothing from whoever is typing", async () => {
  let fails = false;
  vi.stubGlobal("fetch", () =>
    Promise.resolve(
      fails
        ? Response.json({ error: { code: "Unavailable", message: "not now" } }, { status: 503 })
        : Response.json({ tags: { floor: "cellar" }, desired: {}, reported: {} }),
    ),
  );
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <TextsProvider>
        <SessionContext value={{ permissions: ["manageDevices"] } as unknown as Session}>
          <TwinView device={{ id: "d" } as Device} />
        </SessionContext>
      </TextsProvider>
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByRole("button", { name: "Edit as JSON" }));
  const dialog = await screen.findByRole("dialog");
  fails = true;
  await queries.invalidateQueries();
  expect(await screen.findByText(/not now/i)).toBeTruthy();
  expect(screen.getByRole("dialog")).toBe(dialog);
  expect(screen.getAllByText(/cellar/)[0]).toBeTruthy();
});
