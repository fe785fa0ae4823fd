import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "조직",
  "permissions.roles": "역할",
  "permissions.tokens": "API 토큰",
  "permissions.users": "사용자",
};
