import { answer, api } from "../../api/client";

/** A template as text: the browser's own reader rounds long numbers. */
export function templateTextQuery(templateId: string) {
  return {
    queryKey: ["deviceTemplates", templateId, "text"],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      answer(
        api.GET("/deviceTemplates/{deviceTemplateId}", {
          params: { path: { deviceTemplateId: templateId } },
          parseAs: "text",
          signal,
        }),
      ),
    refetchOnWindowFocus: false,
  };
}

/** Publishes a template; `etag` is what was read before, none for a new one. Gives it as it stands then. */
export function publishTemplate(templateId: string, text: string, etag: string | undefined): Promise<string> {
  return answer(
    api.PUT("/deviceTemplates/{deviceTemplateId}", {
      params: {
        path: { deviceTemplateId: templateId },
        ...(etag !== undefined && { header: { "If-Match": etag } }),
      },
      // As it was typed; the type is the server's to check.
      body: text as never,
      bodySerializer: () => text,
      headers: { "Content-Type": "application/json" },
      parseAs: "text",
    }),
  );
}
