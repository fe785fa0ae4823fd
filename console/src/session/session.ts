import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";
import { answer, api, setCsrfToken, type Schemas } from "../api/client";
import { RequestFailed } from "../api/failure";

export type Session = Schemas["Session"];

/** What a role may allow, as the server names it. */
export type Permission =
  | "viewDevices"
  | "manageDevices"
  | "executeCommands"
  | "viewGroups"
  | "manageGroups"
  | "viewTemplates"
  | "manageTemplates"
  | "viewJobs"
  | "runJobs"
  | "queryData"
  | "viewOrganizations"
  | "manageOrganizations"
  | "viewRoles"
  | "manageUsers"
  | "manageTokens"
  | "manageEnrollment"
  | "viewAudit";

/** Who is signed in. Fails with 401 when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => {
    const session = await answer(api.GET("/session", { signal }));
    setCsrfToken(session.csrfToken);
    return session;
  },
  staleTime: 60_000,
});

/** Begins a session; whatever was read for another one is forgotten. */
export async function signIn(queries: QueryClient, email: string, password: string): Promise<Session> {
  const session = await answer(api.POST("/session", { body: { email, password } }));
  queries.clear();
  setCsrfToken(session.csrfToken);
  queries.setQueryData(sessionQuery.queryKey, session);
  return session;
}

/** Ends the session; one that the server no longer has is ended. */
export async function signOut(queries: QueryClient): Promise<void> {
  await answer(api.DELETE("/session")).catch((error: unknown) => {
    if (!(error instanceof RequestFailed && error.status === 401)) throw error;
  });
  forget(queries);
}

/** Forgets the session and what was read in it. */
export function forget(queries: QueryClient): void {
  setCsrfToken(undefined);
  queries.clear();
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** Who is signed in, on every screen of the shell. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession needs a SessionContext above it");
  return session;
}

/** Says whether the session's roles allow something anywhere. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}
