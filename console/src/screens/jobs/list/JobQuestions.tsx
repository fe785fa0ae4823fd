import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import { StopDialog } from "../StopDialog";
import type { Job } from "./queries";

type Ask = (how: "stop" | "cancel", job: Job) => void;

const AskContext = createContext<Ask | undefined>(undefined);

/**
 * Asks on behalf of the rows of lists: the question stands outside of them and keeps the job that it was asked about,
 * whatever becomes of its row in the meantime.
 */
export function JobQuestions({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<{ readonly how: "stop" | "cancel"; readonly job: Job }>();
  const ask = useMemo<Ask>(() => (how, job) => setAsked({ how, job }), []);
  return (
    <AskContext value={ask}>
      {children}
      {asked && (
        <StopDialog
          job={asked.job}
          how={asked.how}
          reload={() => queries.invalidateQueries({ queryKey: ["jobs"] })}
          onClose={() => setAsked(undefined)}
        />
      )}
    </AskContext>
  );
}

/** Asks before a job is stopped or cancelled; below `JobQuestions`. */
export function useAsk(): Ask {
  const ask = use(AskContext);
  if (!ask) throw new Error("useAsk needs JobQuestions above it");
  return ask;
}
