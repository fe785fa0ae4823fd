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
import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useNotify } from "../components/notify";
import { signOut, useSession } from "../session/session";
import { isLanguage, LANGUAGES } from "../texts/languages";
import { useTexts } from "../texts/texts";

export function AccountMenu() {
  const { t, language, setLanguage } = useTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { email, roles } = useSession();
  const { href } = useLocation();
  const { failed } = useNotify();
  const leave = async () => {
    try {
      await signOut(queries);
      await navigate({ to: "/sign-in" });
    } catch (error) {
      // Never a page that looks as if one had left while the cookie still holds.
      failed(t("account.signOutFailed"), error);
    }
  };
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
            <MenuGroupHeader>{t("account.signedIn", { email })}</MenuGroupHeader>
            <MenuGroupHeader>
              {[...new Set(roles.map(({ displayName }) => displayName))].join(", ")}
            </MenuGroupHeader>
          </MenuGroup>
          <MenuDivider />
          <MenuItem onClick={() => void navigate({ to: "/change-password", search: { back: href } })}>
            {t("account.changePassword")}
          </MenuItem>
          <MenuItem onClick={() => void leave()}>{t("account.signOut")}</MenuItem>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t("account.language")}</MenuGroupHeader>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <MenuItemRadio key={code} name="language" value={code} lang={code}>
                {name}
              </MenuItemRadio>
            ))}
          </MenuGroup>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
