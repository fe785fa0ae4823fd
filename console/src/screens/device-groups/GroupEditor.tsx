import { Field, Input, makeStyles, Tab, TabList, Textarea, tokens } from "@fluentui/react-components";
import { DeleteRegular, SaveRegular, TaskListAddRegular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState, type ReactNode } from "react";
import { answer, api } from "../../api/client";
import type { DeviceGroup } from "../../api/lists";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { ErrorState } from "../../components/ErrorState";
import { useNotify } from "../../components/notify";
import { OrganizationPicker } from "../../components/OrganizationPicker";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { GuardedButton } from "../../session/Guarded";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { FilterEditor } from "./FilterEditor";
import { GroupMembers } from "./GroupMembers";
import { GroupPreview } from "./GroupPreview";
import { useFilterDraft } from "./useFilterDraft";
import type { GroupView } from "./search";

const useStyles = makeStyles({
  body: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(260px, 340px)",
    gap: tokens.spacingHorizontalXL,
    alignItems: "start",
    "@media (max-width: 1023px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  form: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalL,
    minWidth: 0,
    maxWidth: "820px",
  },
});

interface Props {
  /** Undefined: a new one. */
  readonly group: DeviceGroup | undefined;
  readonly trail: readonly ReactNode[];
}

/** A device group: what it is called, who is in it now, and its filter as rows or as text. */
export function GroupEditor({ group, trail }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { done } = useNotify();
  const view: GroupView = useSearch({
    strict: false,
    select: ({ view }) => (view === "devices" ? view : "filter"),
  });
  const [name, setName] = useState(group?.displayName ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [organization, setOrganization] = useState(group?.organizations?.[0] ?? "");
  const filter = useFilterDraft(group?.filter ?? "SELECT * FROM devices");
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<{ readonly error: unknown }>();
  const [deleting, setDeleting] = useState(false);
  // Saved or deleted: leaving the page loses nothing any more.
  const settled = useRef(false);

  const readOnly = !may("manageGroups");
  const changed =
    name !== (group?.displayName ?? "") ||
    description !== (group?.description ?? "") ||
    organization !== (group?.organizations?.[0] ?? "") ||
    filter.text !== group?.filter;
  const dirty = group ? changed : name !== "" || description !== "" || filter.touched;
  useBlocker({
    shouldBlockFn: () => dirty && !settled.current && !window.confirm(t("groups.leave")),
    enableBeforeUnload: () => dirty && !settled.current,
  });

  const save = async () => {
    if (filter.text === undefined) return;
    setSaving(true);
    setFailure(undefined);
    const id = group?.id ?? crypto.randomUUID();
    const params = {
      path: { deviceGroupId: id },
      ...(group?.etag && { header: { "If-Match": group.etag } }),
    };
    const body = {
      displayName: name.trim(),
      description: description.trim(),
      filter: filter.text,
      organizations: organization === "" ? [] : [organization],
    };
    try {
      const saved = group
        ? await answer(api.PATCH("/deviceGroups/{deviceGroupId}", { params, body }))
        : await answer(api.PUT("/deviceGroups/{deviceGroupId}", { params, body: { ...body, id } }));
      settled.current = true;
      queries.setQueryData(["deviceGroups", id], saved);
      void queries.invalidateQueries({ queryKey: ["deviceGroups", "all"] });
      done(t("groups.saved"));
      if (!group) await navigate({ to: "/device-groups/$groupId", params: { groupId: id }, replace: true });
    } catch (error) {
      setFailure({ error });
      setSaving(false);
    }
  };
  const remove = async () => {
    if (!group) return;
    await answer(
      api.DELETE("/deviceGroups/{deviceGroupId}", { params: { path: { deviceGroupId: group.id } } }),
    );
    settled.current = true;
    queries.removeQueries({ queryKey: ["deviceGroups", group.id] });
    void queries.invalidateQueries({ queryKey: ["deviceGroups", "all"] });
    done(t("groups.deleted"));
    await navigate({ to: "/device-groups" });
  };

  const ready = name.trim() !== "" && filter.text !== undefined && changed && !saving;
  return (
    <Page filling={view === "devices"}>
      <PageHeader
        title={group?.displayName ?? t("groups.new")}
        trail={trail}
        actions={
          <>
            <GuardedButton
              needs="manageGroups"
              appearance="primary"
              icon={<SaveRegular />}
              disabled={!ready}
              onClick={() => void save()}
            >
              {t("groups.save")}
            </GuardedButton>
            {group && (
              <>
                <GuardedButton
                  needs="runJobs"
                  icon={<TaskListAddRegular />}
                  onClick={() =>
                    void navigate({
                      to: "/jobs/definitions/create/$step",
                      params: { step: "configure" },
                      search: { group: group.id },
                    })
                  }
                >
                  {t("devices.newJob")}
                </GuardedButton>
                <GuardedButton
                  needs="manageGroups"
                  icon={<DeleteRegular />}
                  onClick={() => setDeleting(true)}
                >
                  {t("devices.delete")}
                </GuardedButton>
              </>
            )}
          </>
        }
      />
      {failure && <ErrorState error={failure.error} title={t("groups.notSaved")} />}
      {group && (
        <TabList
          selectedValue={view}
          onTabSelect={(_, { value }) =>
            void navigate({
              to: "/device-groups/$groupId",
              params: { groupId: group.id },
              search: value === "devices" ? { view: "devices" } : {},
              replace: true,
              ignoreBlocker: true,
            })
          }
        >
          <Tab value="filter">{t("groups.view.filter")}</Tab>
          <Tab value="devices">{t("groups.view.devices")}</Tab>
        </TabList>
      )}
      {group && view === "devices" ? (
        <GroupMembers groupId={group.id} />
      ) : (
        <div className={styles.body}>
          <div className={styles.form}>
            <Field label={t("groups.name")} required>
              <Input
                value={name}
                maxLength={256}
                readOnly={readOnly}
                onChange={(_, { value }) => setName(value)}
              />
            </Field>
            <Field label={t("groups.description")}>
              <Textarea
                value={description}
                rows={2}
                resize="vertical"
                readOnly={readOnly}
                onChange={(_, { value }) => setDescription(value)}
              />
            </Field>
            <OrganizationPicker value={organization} onChange={setOrganization} disabled={readOnly} />
            <FilterEditor filter={filter} readOnly={readOnly} />
          </div>
          <GroupPreview filter={filter.text} organization={organization} />
        </div>
      )}
      {deleting && group && (
        <ConfirmDialog
          title={t("groups.delete.title")}
          body={t("groups.delete.body")}
          action={t("devices.delete")}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}
