import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { capabilitiesOf, type Capability } from "../../dtdl/model";
import { useTexts } from "../../texts/texts";

/** One template by its id. */
export function templateQuery(templateId: string) {
  return {
    queryKey: ["deviceTemplates", templateId],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      answer(
        api.GET("/deviceTemplates/{deviceTemplateId}", {
          params: { path: { deviceTemplateId: templateId } },
          signal,
        }),
      ),
    staleTime: 30_000,
  };
}

/** What the devices of a template can do; without a template nothing is asked. */
export function useCapabilities(templateId: string | undefined) {
  const { language } = useTexts();
  const query = useQuery({ ...templateQuery(templateId ?? ""), enabled: templateId !== undefined });
  const capabilities: readonly Capability[] | undefined =
    query.data && capabilitiesOf(query.data.capabilityModel, language);
  return { capabilities, error: query.error, refetch: query.refetch };
}

/** A capability's place in the API: its component, if any, and its own name. */
export function placeOf(path: string): { readonly component: string | undefined; readonly name: string } {
  const [first = "", second] = path.split(".");
  return second === undefined ? { component: undefined, name: first } : { component: first, name: second };
}

/** How a capability is called in a list of all of them. */
export function capabilityName({ label, component }: Capability): string {
  return component ? `${component} / ${label}` : label;
}
