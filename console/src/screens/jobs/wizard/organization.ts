import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { organizationsQuery } from "../../../api/lists";
import { useMay } from "../../../session/session";

type Organization = Schemas["Organization"];

/** All organizations; undefined as long as they are not known, and to whoever may not view them. */
export function useOrganizations(): readonly Organization[] | undefined {
  const may = useMay();
  return useQuery({ ...organizationsQuery, enabled: may("viewOrganizations") }).data;
}

/**
 * Whether a job of this organization (empty: that of whoever makes it) may be on this group: one is the other's, or
 * stands above it. The server's rule. Where nobody knows the organizations, the server has to say it.
 */
export function isOnOffer(
  { organizations }: Pick<Schemas["DeviceGroup"], "organizations">,
  organization: string,
  all: readonly Organization[] | undefined,
): boolean {
  const own = organizations?.[0];
  return (
    organization === "" ||
    own === undefined ||
    all === undefined ||
    isWithin(own, organization, all) ||
    isWithin(organization, own, all)
  );
}

/** Whether `id` is `above` or somewhere below it. */
function isWithin(id: string, above: string, all: readonly Organization[]): boolean {
  const seen = new Set<string>();
  for (let at: string | null | undefined = id; at != null && !seen.has(at);) {
    if (at === above) return true;
    seen.add(at);
    at = all.find((one) => one.id === at)?.parent;
  }
  return false;
}
