import type { Schemas } from "../../../api/client";

type Organization = Schemas["Organization"];

/**
 * Whether a job of this organization (empty: that of whoever makes it) may be on this group: one is the other's, or
 * stands above it. The server's rule.
 */
export function isOnOffer(
  { organizations }: Pick<Schemas["DeviceGroup"], "organizations">,
  organization: string,
  all: readonly Organization[],
): boolean {
  const own = organizations?.[0];
  return (
    organization === "" ||
    own === undefined ||
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
