import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { TextsProvider } from "../texts/TextsProvider";
import type { ConsoleRouter } from "./router";
import { ThemeProvider } from "./ThemeProvider";
import { RequestFailed } from "../api/failure";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again; only what may pass is tried again.
      retry: (failures, error) => failures < 2 && (!(error instanceof RequestFailed) || error.mayPass),
    },
  },
});

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
