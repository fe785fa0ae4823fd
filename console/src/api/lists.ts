import { queryOptions } from "@tanstack/react-query";
import type { Page } from "../grid/paged";
import { answer, api, type Schemas } from "./client";
import { pageOf, pageQuery, readAll } from "./pages";

export type DeviceTemplate = Schemas["DeviceTemplate"];
export type DeviceGroup = Schemas["DeviceGroup"] & { readonly id: string };
export type Organization = Schemas["Organization"];

/** All device templates, which screens choose from and name things by. */
export const templatesQuery = queryOptions({
  queryKey: ["deviceTemplates", "all"],
  queryFn: ({ signal }) =>
    readAll<DeviceTemplate>(
      async (token, limit, signal) =>
        pageOf(
          await answer(api.GET("/deviceTemplates", { params: { query: pageQuery(token, limit) }, signal })),
        ),
      signal,
    ),
  staleTime: 30_000,
});

/** All device groups that the caller sees. */
export const groupsQuery = queryOptions({
  queryKey: ["deviceGroups", "all"],
  queryFn: ({ signal }) =>
    readAll<DeviceGroup>(
      async (token, limit, signal) =>
        pageOf(
          await answer(api.GET("/deviceGroups", { params: { query: pageQuery(token, limit) }, signal })),
        ) as Page<DeviceGroup>,
      signal,
    ),
  staleTime: 30_000,
});

/** All organizations that the caller sees. */
export const organizationsQuery = queryOptions({
  queryKey: ["organizations", "all"],
  queryFn: ({ signal }) =>
    readAll<Organization>(
      async (token, limit, signal) =>
        pageOf(
          await answer(api.GET("/organizations", { params: { query: pageQuery(token, limit) }, signal })),
        ),
      signal,
    ),
  staleTime: 30_000,
});

/** How a template is called. */
export function templateName(template: DeviceTemplate): string {
  return template.displayName ?? template["@id"] ?? "";
}
