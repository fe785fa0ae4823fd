import { Button, Drawer, DrawerBody, DrawerHeader, DrawerHeaderTitle } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts/texts";
import { Navigation } from "./Navigation";

/** The navigation where there is no room beside the screen. */
export function NavigationDrawer({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Drawer type="overlay" size="small" open={open} onOpenChange={(_, data) => !data.open && onClose()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              aria-label={t("nav.close")}
              icon={<DismissRegular />}
              onClick={onClose}
            />
          }
        >
          {t("app.name")}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody style={{ padding: 0 }}>
        <Navigation expanded onFollow={onClose} />
      </DrawerBody>
    </Drawer>
  );
}
