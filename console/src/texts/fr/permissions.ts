import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "Organisations",
  "permissions.roles": "Rôles",
  "permissions.tokens": "Jetons d’API",
  "permissions.users": "Utilisateurs",
};
