import { QueryClient } from "@tanstack/react-query";
import { RequestFailed } from "../api/failure";

/** What was read from the server. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again; only what may pass is tried again.
      retry: (failures, error) => failures < 2 && (!(error instanceof RequestFailed) || error.mayPass),
    },
  },
});
