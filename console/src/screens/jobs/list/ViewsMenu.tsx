import {
  Field,
  Input,
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { BookmarkRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { useStored } from "../../../app/stored";
import { FormDialog } from "../../../components/FormDialog";
import { useTexts } from "../../../texts/texts";
import { readJobsSearch, type JobsSearch } from "./search";

/** Searches by the names that a person gave them. */
type Views = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function isViews(value: unknown): value is Views {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((view) => typeof view === "object" && view !== null)
  );
}

interface Props {
  readonly search: JobsSearch;
  readonly onOpen: (search: JobsSearch) => void;
}

/** Views that this browser remembers; what one is stands in the address, which can be sent to others. */
export function ViewsMenu({ search, onOpen }: Props) {
  const { t } = useTexts();
  const [views, setViews] = useStored<Views>("jobs.views", () => ({}), isViews);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const current = Object.entries(views).find(
    ([, view]) => JSON.stringify(readJobsSearch(view)) === JSON.stringify(search),
  )?.[0];
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton icon={<BookmarkRegular />}>{current ?? t("jobs.views")}</MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {Object.entries(views).map(([name, view]) => (
              <MenuItem key={name} onClick={() => onOpen(readJobsSearch(view))}>
                {name}
              </MenuItem>
            ))}
            {Object.keys(views).length > 0 && <MenuDivider />}
            <MenuItem
              onClick={() => {
                setName("");
                setNaming(true);
              }}
            >
              {t("jobs.views.save")}
            </MenuItem>
            {current !== undefined && (
              <MenuItem
                onClick={() =>
                  setViews(Object.fromEntries(Object.entries(views).filter(([name]) => name !== current)))
                }
              >
                {t("jobs.views.delete", { name: current })}
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {naming && (
        <FormDialog
          title={t("jobs.views.save")}
          action={t("jobs.views.saveAction")}
          ready={name.trim() !== ""}
          onSubmit={() => {
            setViews({ ...views, [name.trim()]: { ...search } });
            return Promise.resolve();
          }}
          onClose={() => setNaming(false)}
        >
          <Field label={t("jobs.views.name")} hint={t("jobs.views.hint")} required>
            <Input value={name} maxLength={60} onChange={(_, { value }) => setName(value)} />
          </Field>
        </FormDialog>
      )}
    </>
  );
}
