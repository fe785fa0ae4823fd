import {
  Menu,
  MenuButton,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
} from "@fluentui/react-components";
import { DarkThemeRegular } from "@fluentui/react-icons";
import { useTheme, type Theme } from "../app/theme";
import { useTexts } from "../texts/texts";

export function ThemeMenu() {
  const { t } = useTexts();
  const { theme, setTheme } = useTheme();
  return (
    <Menu
      checkedValues={{ theme: [theme] }}
      onCheckedValueChange={(_, { checkedItems }) => setTheme((checkedItems[0] ?? "system") as Theme)}
    >
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={t("theme.switch")} relationship="label">
          <MenuButton appearance="subtle" icon={<DarkThemeRegular />} menuIcon={null} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItemRadio name="theme" value="system">
            {t("theme.system")}
          </MenuItemRadio>
          <MenuItemRadio name="theme" value="light">
            {t("theme.light")}
          </MenuItemRadio>
          <MenuItemRadio name="theme" value="dark">
            {t("theme.dark")}
          </MenuItemRadio>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
