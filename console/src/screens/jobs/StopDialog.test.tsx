import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { SessionContext, type Session } from "../../session/session";
import { TextsProvider } from "../../texts/TextsProvider";
import { StopDialog } from "./StopDialog";

afterEach(cleanup);

test("the count to type does not move while one types it", async () => {
  const dialog = (running: number, pending: number) => (
    <TextsProvider>
      <SessionContext value={{ server: { confirmDevices: 100 } } as unknown as Session}>
        <StopDialog
          job={{ id: "j", displayName: "n", counters: { running, pending } } as unknown as Schemas["Job"]}
          how="cancel"
          reload={() => Promise.resolve()}
          onClose={() => undefined}
        />
      </SessionContext>
    </TextsProvider>
  );
  const { rerender } = render(dialog(7, 500));
  const said = (await screen.findByRole("alertdialog")).textContent;
  expect(said).toContain("500");
  rerender(dialog(9, 400));
  expect(screen.getByRole("alertdialog").textContent).toBe(said);
});
