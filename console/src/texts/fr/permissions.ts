import type { Translated } from "../catalogue";
import type { permissions as english } from "../en/permissions";

export const permissions: Translated<typeof english> = {
  "permissions.organizations": "Organisations",
  "permissions.roles": "Rôles",
  "permissions.secret.once":
    "Ceci n’est affiché qu’une seule fois et ne pourra plus être relu. Copiez-le avant de fermer.",
  "permissions.tokens": "Jetons d’API",
  "permissions.users": "Utilisateurs",
};
