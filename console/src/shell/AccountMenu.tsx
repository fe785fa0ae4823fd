import {
  Menu,
  MenuButton,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
} from "@fluentui/react-components";
import { PersonCircleRegular } from "@fluentui/react-icons";
import { useNavigate } from "@tanstack/react-router";
import { isLanguage, LANGUAGES } from "../texts/languages";
import { useTexts } from "../texts/texts";

export function AccountMenu() {
  const { t, language, setLanguage } = useTexts();
  const navigate = useNavigate();
  return (
    <Menu
      checkedValues={{ language: [language] }}
      onCheckedValueChange={(_, { checkedItems: [chosen] }) => {
        if (isLanguage(chosen)) setLanguage(chosen);
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={t("account.menu")} relationship="label">
          <MenuButton appearance="subtle" icon={<PersonCircleRegular />} menuIcon={null} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{t("account.language")}</MenuGroupHeader>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <MenuItemRadio key={code} name="language" value={code} lang={code}>
                {name}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuItem onClick={() => void navigate({ to: "/sign-in" })}>{t("account.signIn")}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
