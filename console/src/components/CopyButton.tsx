import { Button, Tooltip } from "@fluentui/react-components";
import { CheckmarkRegular, CopyRegular, ErrorCircleRegular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import { useTexts } from "../texts/texts";

interface Props {
  readonly text: string;
  /** What is copied, as the tooltip's object: "device id". */
  readonly what: string;
}

export function CopyButton({ text, what }: Props) {
  const { t } = useTexts();
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 4_000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      // Also where `clipboard` lacks altogether: a page that did not come over HTTPS.
      setState("failed");
    }
  };
  const label = {
    idle: t("action.copy", { what }),
    copied: t("action.copied"),
    failed: t("action.copyFailed"),
  }[state];
  const icon = { idle: <CopyRegular />, copied: <CheckmarkRegular />, failed: <ErrorCircleRegular /> }[state];
  return (
    <Tooltip content={label} relationship="label" {...(state === "idle" ? {} : { visible: true })}>
      <Button appearance="subtle" size="small" icon={icon} onClick={() => void copy()} />
    </Tooltip>
  );
}
