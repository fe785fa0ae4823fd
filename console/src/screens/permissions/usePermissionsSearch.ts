import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import type { PermissionsSearch } from "./search";

const route = getRouteApi("/shell/permissions/$section");

/** What the section's list shows, and how that is changed. */
export function usePermissionsSearch() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/permissions/$section" });
  const change = useCallback(
    (part: { readonly q?: string | undefined; readonly sort?: string }) =>
      void navigate({
        search: (before: PermissionsSearch) => {
          const { q, sort } = { ...before, ...part };
          return { ...(q && { q }), ...(sort && { sort }) };
        },
        replace: true,
      }),
    [navigate],
  );
  const onSearch = useCallback((q: string) => change({ q }), [change]);
  return { search, change, onSearch };
}
