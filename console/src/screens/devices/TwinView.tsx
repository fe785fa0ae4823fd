import { makeStyles, Skeleton, SkeletonItem, Switch, tokens } from "@fluentui/react-components";
import { BracesRegular, EditRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { ErrorState } from "../../components/ErrorState";
import { member, readJson } from "../../json/tree";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import { PatchTwinDialog } from "./PatchTwinDialog";
import { SetPropertyDialog } from "./SetPropertyDialog";
import { TwinSection } from "./TwinSection";
import type { Device } from "./search";

/** How often the twin is read again, in ms. */
const REFRESH = 5_000;

const useStyles = makeStyles({
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  right: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS, marginLeft: "auto" },
  sections: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(300px, 100%), 1fr))",
    gap: tokens.spacingHorizontalM,
    alignItems: "start",
  },
});

/** Tags, desired and reported side by side. Numbers are shown as they were written. */
export function TwinView({ device }: { device: Device }) {
  const styles = useStyles();
  const { t } = useTexts();
  const [raw, setRaw] = useState(false);
  const [setting, setSetting] = useState(false);
  const [patching, setPatching] = useState(false);
  const {
    data: text,
    error,
    refetch,
  } = useQuery({
    queryKey: ["devices", device.id, "twin"],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/devices/{deviceId}/twin", {
          params: { path: { deviceId: device.id } },
          // As text: the browser's own reader rounds long numbers.
          parseAs: "text",
          signal,
        }),
      ),
    refetchInterval: REFRESH,
  });
  const twin = useMemo(() => (text === undefined ? undefined : readJson(text)), [text]);
  const failure = error && <ErrorState error={error} onRetry={() => void refetch()} />;
  // What was read stays, and what is being typed beside it.
  if (!twin)
    return (
      failure ?? (
        <Skeleton aria-label={t("devices.reading")} className={styles.sections}>
          {[0, 1, 2].map((index) => (
            <SkeletonItem key={index} size={128} />
          ))}
        </Skeleton>
      )
    );
  const [tags, desired, reported] = ["tags", "desired", "reported"].map((name) => member(twin, name));
  return (
    <>
      {failure}
      <div className={styles.bar}>
        <Switch label={t("devices.twin.json")} checked={raw} onChange={(_, { checked }) => setRaw(checked)} />
        <div className={styles.right}>
          {device.template && (
            <GuardedButton needs="manageDevices" icon={<EditRegular />} onClick={() => setSetting(true)}>
              {t("devices.twin.set")}
            </GuardedButton>
          )}
          <GuardedButton needs="manageDevices" icon={<BracesRegular />} onClick={() => setPatching(true)}>
            {t("devices.twin.patch")}
          </GuardedButton>
        </div>
      </div>
      <div className={styles.sections}>
        <TwinSection
          title={t("devices.twin.tags")}
          about={t("devices.twin.tags.about")}
          section={tags}
          raw={raw}
        />
        <TwinSection
          title={t("devices.twin.desired")}
          about={t("devices.twin.desired.about")}
          section={desired}
          reported={reported}
          raw={raw}
        />
        <TwinSection
          title={t("devices.twin.reported")}
          about={t("devices.twin.reported.about")}
          section={reported}
          raw={raw}
        />
      </div>
      {setting && device.template && (
        <SetPropertyDialog
          deviceId={device.id}
          templateId={device.template}
          onClose={() => setSetting(false)}
        />
      )}
      {patching && <PatchTwinDialog deviceId={device.id} twin={twin} onClose={() => setPatching(false)} />}
    </>
  );
}
