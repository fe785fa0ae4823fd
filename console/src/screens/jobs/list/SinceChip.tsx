import {
  InteractionTag,
  InteractionTagPrimary,
  InteractionTagSecondary,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { CalendarLtrRegular } from "@fluentui/react-icons";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { SPAN_IDS, type Span } from "./search";

const TEXTS: Record<Span, TextKey & `jobs.within.${string}`> = {
  "24h": "jobs.within.day",
  "7d": "jobs.within.week",
  "30d": "jobs.within.month",
  "90d": "jobs.within.quarter",
  "365d": "jobs.within.year",
};

interface Props {
  /** Undefined: any time. */
  readonly since: Span | undefined;
  readonly onChange: (since: Span | undefined) => void;
}

/** How far back a list goes; what is set can be taken away with one click. */
export function SinceChip({ since, onChange }: Props) {
  const { t } = useTexts();
  const text = t(since ? TEXTS[since] : "jobs.within.ever");
  return (
    <InteractionTag appearance={since ? "brand" : "outline"}>
      <Menu
        checkedValues={{ since: since ? [since] : [] }}
        onCheckedValueChange={(_, { checkedItems }) =>
          onChange(SPAN_IDS.find((span) => span === checkedItems[0]))
        }
      >
        <MenuTrigger disableButtonEnhancement>
          <InteractionTagPrimary
            icon={<CalendarLtrRegular />}
            hasSecondaryAction={since !== undefined}
            aria-label={t("jobs.within", { span: text })}
          >
            {text}
          </InteractionTagPrimary>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {SPAN_IDS.map((span) => (
              <MenuItemRadio key={span} name="since" value={span}>
                {t(TEXTS[span])}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {since && (
        <InteractionTagSecondary
          aria-label={t("jobs.within.clear")}
          onClick={({ currentTarget }) => {
            // The button goes away, and with it the focus.
            currentTarget.parentElement?.querySelector("button")?.focus();
            onChange(undefined);
          }}
        />
      )}
    </InteractionTag>
  );
}
