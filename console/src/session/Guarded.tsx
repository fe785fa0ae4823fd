import { Button, MenuItem, Tooltip, type ButtonProps, type MenuItemProps } from "@fluentui/react-components";
import { useTexts } from "../texts/texts";
import { useMay, type Permission } from "./session";

interface Guard {
  /** What the session must be allowed. */
  readonly needs: Permission;
}

/** A button that stands there for who may not use it too, and says why it does nothing. */
export function GuardedButton({ needs, ...props }: ButtonProps & Guard) {
  const { t } = useTexts();
  const allowed = useMay()(needs);
  if (allowed) return <Button {...props} />;
  return (
    <Tooltip content={t("session.mayNot")} relationship="description">
      <Button {...props} disabledFocusable />
    </Tooltip>
  );
}

/** The same in a menu. */
export function GuardedMenuItem({ needs, ...props }: MenuItemProps & Guard) {
  const { t } = useTexts();
  const allowed = useMay()(needs);
  if (allowed) return <MenuItem {...props} />;
  return (
    <Tooltip content={t("session.mayNot")} relationship="description">
      <MenuItem {...props} disabled />
    </Tooltip>
  );
}
