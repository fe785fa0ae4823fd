export const TEMPLATE_VIEWS = ["capabilities", "json"] as const;

export type TemplateView = (typeof TEMPLATE_VIEWS)[number];

/** Which part of a template's page is open. */
export function readTemplateSearch({ view }: Readonly<Record<string, unknown>>): {
  readonly view?: TemplateView;
} {
  const known = TEMPLATE_VIEWS.find((name) => name === view);
  return known ? { view: known } : {};
}

/** What a new template begins with: nothing, a file, or the next version of one that is there. */
export interface NewTemplateSearch {
  readonly from?: "file";
  readonly version?: string;
}

export function readNewTemplateSearch({
  from,
  version,
}: Readonly<Record<string, unknown>>): NewTemplateSearch {
  return {
    ...(from === "file" && { from }),
    ...(typeof version === "string" && version !== "" && { version }),
  };
}
