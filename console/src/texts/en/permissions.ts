export const permissions = {
  "permissions.organizations": "Organizations",
  "permissions.roles": "Roles",
  "permissions.tokens": "API tokens",
  "permissions.users": "Users",
} as const;
