import type { Catalogue } from "./catalogue";

export const fr: Catalogue = {
  "app.name": "Bellwether",
  "app.skipToContent": "Aller au contenu",
  "app.title": "{page} · Bellwether",

  "action.cancel": "Annuler",
  "action.copied": "Copié",
  "action.copy": "Copier {what}",
  "action.copyFailed":
    "Le navigateur n’a pas autorisé la copie. Sélectionnez le texte et copiez-le à la main.",
  "action.ok": "OK",
  "action.reload": "Recharger la page",
  "action.retry": "Réessayer",

  "account.language": "Langue",
  "account.menu": "Compte et langue",
  "account.signIn": "Se connecter",

  "theme.dark": "Sombre",
  "theme.light": "Clair",
  "theme.switch": "Thème",
  "theme.system": "Comme le système",

  "nav.audit": "Journal d’audit",
  "nav.close": "Fermer la navigation",
  "nav.collapse": "Réduire la navigation",
  "nav.deviceGroups": "Groupes d’appareils",
  "nav.deviceTemplates": "Modèles d’appareil",
  "nav.devices": "Appareils",
  "nav.expand": "Développer la navigation",
  "nav.jobs": "Travaux",
  "nav.label": "Principale",
  "nav.open": "Ouvrir la navigation",
  "nav.permissions": "Autorisations",
  "nav.trail": "Vous êtes ici",

  "jobs.new": "Nouveau travail",
  "permissions.organizations": "Organisations",
  "permissions.roles": "Rôles",
  "permissions.tokens": "Jetons d’API",
  "permissions.users": "Utilisateurs",

  "screen.toCome.body":
    "Elle n’est pas encore construite. Tout ce qu’elle montrera est déjà possible avec l’API REST.",
  "screen.toCome.title": "Cette page est à venir",

  "notFound.body":
    "Il n’y a pas de page à {path}. Elle a peut-être été déplacée, ou l’adresse est incomplète.",
  "notFound.title": "Page introuvable",
  "notFound.toJobs": "Aller aux travaux",

  "error.advice.forbidden": "Demandez à un administrateur un rôle qui le permet.",
  "error.advice.notFound": "L’élément a peut-être été supprimé, ou il appartient à une autre organisation.",
  "error.advice.retry": "Réessayez dans un instant. Si cela persiste, consultez le journal du serveur.",
  "error.advice.signIn": "Reconnectez-vous.",
  "error.advice.wait": "Le serveur est occupé. Attendez un instant et réessayez.",
  "error.network":
    "Le serveur n’a pas répondu. Vérifiez qu’il fonctionne et que cet ordinateur peut l’atteindre.",
  "error.reference": "Code {code}",
  "error.title": "L’affichage a échoué",

  "confirm.typeCount": "Saisissez {number} pour confirmer",

  "job.status.canceled": "Annulé",
  "job.status.completed": "Terminé",
  "job.status.failed": "Échoué",
  "job.status.pending": "En attente",
  "job.status.running": "En cours",
  "job.status.stopped": "Arrêté",

  "time.utc": "{time} UTC",

  "chart.segment": "{label} : {count} ({share})",

  "grid.columns": "Colonnes",
  "grid.columns.all": "Toutes les colonnes",
  "grid.columns.title": "Choisir les colonnes",
  "grid.rowsFailed": "Ces lignes n’ont pas pu être chargées",
  "grid.select.all": {
    one: "Sélectionner la seule ligne de la liste",
    other: "Sélectionner les {count} lignes de toute la liste",
  },
  "grid.select.none": "Effacer la sélection",
  "grid.select.page": "Sélectionner les lignes à l’écran",
  "grid.select.row": "Sélectionner {name}",
  "grid.selected": { one: "{count} sélectionnée", other: "{count} sélectionnées" },
  "grid.total": { one: "{count} ligne", other: "{count} lignes" },
};
