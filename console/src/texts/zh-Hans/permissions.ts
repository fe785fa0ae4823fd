import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "组织",
  "permissions.roles": "角色",
  "permissions.tokens": "API 令牌",
  "permissions.users": "用户",
};
