import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { TextsProvider } from "../../texts/TextsProvider";
import { BulkDialog } from "./BulkDialog";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("whoever leaves the page ends what was under way", async () => {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    return new Promise((resolve) => setTimeout(() => resolve(Response.json({})), 20));
  });
  const ids = Array.from({ length: 200 }, (_, index) => `d${index}`);
  const { unmount } = render(
    <QueryClientProvider client={new QueryClient()}>
      <TextsProvider>
        <BulkDialog
          action="block"
          read={() => Promise.resolve({ ids, more: false })}
          onDone={() => undefined}
          onClose={() => undefined}
        />
      </TextsProvider>
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByRole("button", { name: "Block" }));
  await waitFor(() => expect(asked.length).toBeGreaterThan(4));
  unmount();
  const sofar = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked.length).toBe(sofar);
});
