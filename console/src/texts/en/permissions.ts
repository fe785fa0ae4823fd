export const permissions = {
  "permissions.organizations": "Organizations",
  "permissions.roles": "Roles",
  "permissions.secret.once": "This is shown once and cannot be read again. Copy it before you close.",
  "permissions.tokens": "API tokens",
  "permissions.users": "Users",
} as const;
