import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Shell } from "../shell/Shell";
import { SessionContext, sessionQuery } from "./session";

/** The shell with its session, which is looked at again when the window is: another tab may have changed it. */
export function SignedIn() {
  const queries = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const user = useRef(session.userId);
  useEffect(() => {
    if (user.current === session.userId) return;
    user.current = session.userId;
    // Somebody else signed in in another tab: what was read before is not theirs to see.
    void queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
  }, [queries, session.userId]);
  return (
    <SessionContext value={session}>
      <Shell />
    </SessionContext>
  );
}
