import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { HandRightRegular, MoreHorizontalRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTexts } from "../../../texts/texts";
import { useHold, useMayHold, type JobHold } from "./hold";
import { HoldDialog } from "./HoldDialog";

/** What may be done with all jobs at once; nothing for who may not. */
export function HoldMenu() {
  const { t } = useTexts();
  const hold = useHold();
  const mayHold = useMayHold();
  const [asked, setAsked] = useState<JobHold>();
  if (!mayHold) return null;
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<MoreHorizontalRegular />} aria-label={t("jobs.all")} title={t("jobs.all")} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              icon={<HandRightRegular />}
              // While they are held the banner says so, and lifts it.
              disabled={!hold || hold.held}
              onClick={() => setAsked(hold)}
            >
              {t("jobs.hold")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      {asked && <HoldDialog hold={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
