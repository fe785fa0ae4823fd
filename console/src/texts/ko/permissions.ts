import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "조직",
  "permissions.roles": "역할",
  "permissions.secret.once": "한 번만 표시되며 다시 볼 수 없습니다. 닫기 전에 복사하세요.",
  "permissions.tokens": "API 토큰",
  "permissions.users": "사용자",
};
