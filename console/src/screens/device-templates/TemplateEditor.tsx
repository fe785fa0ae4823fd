import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tab,
  TabList,
  Text,
} from "@fluentui/react-components";
import {
  ArrowDownloadRegular,
  ArrowUndoRegular,
  BranchRegular,
  DeleteRegular,
  MoreHorizontalRegular,
  SendRegular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { answer, api } from "../../api/client";
import { saveFile } from "../../app/saveFile";
import { AppLink } from "../../components/AppLink";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { CopyButton } from "../../components/CopyButton";
import { Facts } from "../../components/Facts";
import { useNotify } from "../../components/notify";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { StatusBadge } from "../../components/StatusBadge";
import { member, readJson, stringOf } from "../../json/tree";
import { GuardedButton, GuardedMenuItem } from "../../session/Guarded";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { CapabilityTable } from "./CapabilityTable";
import { editable, exported, faultsOf } from "./document";
import { publishTemplate, templateTextQuery } from "./queries";
import type { TemplateView } from "./search";
import { TemplateText } from "./TemplateText";

interface Props {
  readonly templateId: string;
  /** As the server has it. */
  readonly published: string;
  readonly view: TemplateView;
  readonly trail: readonly ReactNode[];
}

/** A published template: what its devices can do, and its document, which is checked and published again. */
export function TemplateEditor({ templateId, published, view, trail }: Props) {
  const { t } = useTexts();
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { done } = useNotify();
  const before = useMemo(() => editable(published), [published]);
  const [text, setText] = useState(before);
  const [failure, setFailure] = useState<{ readonly error: unknown }>();
  const [busy, setBusy] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const settled = useRef(false);

  const document = useMemo(() => readJson(published), [published]);
  const name = stringOf(member(document, "displayName")) ?? templateId;
  const description = stringOf(member(document, "description"));
  const dirty = text !== before;
  const ready = dirty && !busy && faultsOf(text).length === 0;
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      dirty && !settled.current && current.pathname !== next.pathname && !window.confirm(t("groups.leave")),
    enableBeforeUnload: () => dirty && !settled.current,
  });

  const publish = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const etag = stringOf(member(document, "etag"));
      const now = await publishTemplate(templateId, text, etag);
      settled.current = true;
      done(t("templates.published"));
      void queries.invalidateQueries({ queryKey: ["deviceTemplates", "all"] });
      void queries.invalidateQueries({ queryKey: ["deviceTemplates", templateId], exact: true });
      queries.setQueryData(templateTextQuery(templateId).queryKey, now);
    } catch (error) {
      setFailure({ error });
      setBusy(false);
    }
  };
  const remove = async () => {
    await answer(
      api.DELETE("/deviceTemplates/{deviceTemplateId}", {
        params: { path: { deviceTemplateId: templateId } },
      }),
    );
    settled.current = true;
    queries.removeQueries({ queryKey: ["deviceTemplates", templateId] });
    void queries.invalidateQueries({ queryKey: ["deviceTemplates", "all"] });
    done(t("templates.deleted"));
    await navigate({ to: "/device-templates" });
  };

  return (
    <Page>
      <PageHeader
        title={name}
        trail={trail}
        status={
          dirty ? (
            <StatusBadge tone="warning" text={t("templates.changed")} />
          ) : (
            <StatusBadge tone="success" text={t("templates.isPublished")} />
          )
        }
        about={description}
        actions={
          <>
            <GuardedButton
              needs="manageTemplates"
              appearance="primary"
              icon={<SendRegular />}
              disabled={!ready}
              onClick={() => void publish()}
            >
              {t("templates.publish")}
            </GuardedButton>
            {dirty && (
              <Button icon={<ArrowUndoRegular />} disabled={busy} onClick={() => setText(before)}>
                {t("templates.discard")}
              </Button>
            )}
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button icon={<MoreHorizontalRegular />}>{t("devices.more")}</Button>
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <GuardedMenuItem
                    needs="manageTemplates"
                    icon={<BranchRegular />}
                    onClick={() =>
                      void navigate({
                        to: "/device-templates/definitions/create",
                        search: { version: templateId },
                      })
                    }
                  >
                    {t("templates.version")}
                  </GuardedMenuItem>
                  <MenuItem
                    icon={<ArrowDownloadRegular />}
                    onClick={() =>
                      saveFile(
                        `${templateId.replace(/[^\w.-]+/g, "_")}.json`,
                        "application/json",
                        exported(published),
                      )
                    }
                  >
                    {t("templates.export")}
                  </MenuItem>
                  <GuardedMenuItem
                    needs="manageTemplates"
                    icon={<DeleteRegular />}
                    onClick={() => setDeleting(true)}
                  >
                    {t("devices.delete")}
                  </GuardedMenuItem>
                </MenuList>
              </MenuPopover>
            </Menu>
          </>
        }
      />
      <Facts
        facts={[
          {
            name: t("templates.id"),
            value: (
              <>
                {templateId} <CopyButton text={templateId} what={t("templates.id")} />
              </>
            ),
          },
          {
            name: t("nav.devices"),
            value: may("viewDevices") ? (
              <AppLink to="/devices" search={{ template: templateId }}>
                {t("templates.showDevices")}
              </AppLink>
            ) : (
              <Text>{t("session.mayNot")}</Text>
            ),
          },
        ]}
      />
      <TabList
        selectedValue={view}
        onTabSelect={(_, { value }) =>
          void navigate({
            to: "/device-templates/$templateId",
            params: { templateId },
            search: value === "json" ? { view: "json" } : {},
            replace: true,
          })
        }
      >
        <Tab value="capabilities">{t("templates.view.capabilities")}</Tab>
        <Tab value="json">JSON</Tab>
      </TabList>
      {view === "json" ? (
        <TemplateText
          text={text}
          onChange={setText}
          failure={failure?.error}
          readOnly={!may("manageTemplates")}
        />
      ) : (
        <CapabilityTable text={text} />
      )}
      {deleting && (
        <ConfirmDialog
          title={t("templates.delete.title")}
          body={t("templates.delete.body")}
          action={t("devices.delete")}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}
