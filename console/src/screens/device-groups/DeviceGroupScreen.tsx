import { Skeleton, SkeletonItem } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answer, api } from "../../api/client";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useTexts } from "../../texts/texts";
import { GroupEditor } from "./GroupEditor";

const route = getRouteApi("/shell/device-groups/$groupId");

export function DeviceGroupScreen() {
  const { t } = useTexts();
  const { groupId } = route.useParams();
  const {
    data: group,
    error,
    refetch,
  } = useQuery({
    queryKey: ["deviceGroups", groupId],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/deviceGroups/{deviceGroupId}", { params: { path: { deviceGroupId: groupId } }, signal }),
      ),
    // What is being edited is not exchanged under somebody's hands; the etag tells when another saved meanwhile.
    refetchOnWindowFocus: false,
  });
  const trail = [<AppLink to="/device-groups">{t("nav.deviceGroups")}</AppLink>];
  if (group)
    return (
      <GroupEditor key={`${groupId} ${group.etag ?? ""}`} group={{ ...group, id: groupId }} trail={trail} />
    );
  return (
    <Page>
      <PageHeader title={groupId} trail={trail} />
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton aria-label={t("devices.reading")}>
          <SkeletonItem size={128} />
        </Skeleton>
      )}
    </Page>
  );
}
