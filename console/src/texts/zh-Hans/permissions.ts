import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "组织",
  "permissions.roles": "角色",
  "permissions.secret.once": "此内容仅显示一次，之后无法再次查看。关闭前请先复制。",
  "permissions.tokens": "API 令牌",
  "permissions.users": "用户",
};
