import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { TextsProvider } from "../texts/TextsProvider";
import { queries } from "./queries";
import type { ConsoleRouter } from "./router";
import { ThemeProvider } from "./ThemeProvider";

export function App({ router }: { router: ConsoleRouter }) {
  return (
    <TextsProvider>
      <ThemeProvider>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ThemeProvider>
    </TextsProvider>
  );
}
