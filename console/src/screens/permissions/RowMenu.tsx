import {
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
} from "@fluentui/react-components";
import { MoreHorizontalRegular } from "@fluentui/react-icons";
import type { ReactElement } from "react";

export interface RowAction {
  readonly text: string;
  readonly icon: ReactElement;
  readonly onClick: () => void;
}

interface Props {
  /** Whose actions they are: "More actions for ada@example.com". */
  readonly label: string;
  readonly actions: readonly RowAction[];
}

/** What can be done with a row of a grid; a cell of its own. */
export function RowMenu({ label, actions }: Props) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={label} relationship="label">
          <MenuButton
            tabIndex={-1}
            appearance="subtle"
            size="small"
            icon={<MoreHorizontalRegular />}
            menuIcon={null}
          />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {actions.map(({ text, icon, onClick }) => (
            <MenuItem key={text} icon={icon} onClick={onClick}>
              {text}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
