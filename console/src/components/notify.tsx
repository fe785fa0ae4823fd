import { Toast, ToastBody, ToastTitle, useToastController } from "@fluentui/react-components";
import { useCallback } from "react";
import { useTexts } from "../texts/texts";
import { explain } from "./explain";

/** The shell's place for messages that pass. */
export const TOASTER = "shell";

export interface Notify {
  /** Something that was done. */
  readonly done: (title: string) => void;
  /** Something that could not be done, and why. */
  readonly failed: (title: string, error: unknown) => void;
}

/** Says, on any screen, what came of something that one does not wait for. */
export function useNotify(): Notify {
  const { t } = useTexts();
  const { dispatchToast } = useToastController(TOASTER);
  const done = useCallback(
    (title: string) => {
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
        </Toast>,
        { intent: "success", timeout: 5_000 },
      );
    },
    [dispatchToast],
  );
  const failed = useCallback(
    (title: string, error: unknown) => {
      const { reason, advice } = explain(error, t);
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          <ToastBody>{`${reason} ${advice}`.trim()}</ToastBody>
        </Toast>,
        // Long enough to be read, and to be copied from.
        { intent: "error", timeout: 20_000, pauseOnHover: true, pauseOnWindowBlur: true },
      );
    },
    [dispatchToast, t],
  );
  return { done, failed };
}
