import type { Translated } from "../catalogue";
import type { common as english } from "../en/common";

export const common: Translated<typeof english> = {
  "app.name": "Bellwether",
  "app.skipToContent": "Aller au contenu",
  "app.title": "{page} · Bellwether",

  "action.cancel": "Annuler",
  "action.close": "Fermer",
  "action.copied": "Copié",
  "action.copy": "Copier {what}",
  "action.copyFailed":
    "Le navigateur n’a pas autorisé la copie. Sélectionnez le texte et copiez-le à la main.",
  "action.ok": "OK",
  "action.reload": "Recharger la page",
  "action.retry": "Réessayer",

  "account.changePassword": "Changer le mot de passe",
  "account.language": "Langue",
  "account.menu": "Compte et langue",
  "account.signedIn": "Connecté en tant que {email}",
  "account.signOut": "Se déconnecter",
  "account.signOutFailed": "Vous êtes toujours connecté",

  "signIn.again": "La session est terminée. Connectez-vous pour reprendre là où vous en étiez.",
  "signIn.email": "Adresse e-mail",
  "signIn.later": { one: "Réessayez dans {count} minute.", other: "Réessayez dans {count} minutes." },
  "signIn.password": "Mot de passe",
  "signIn.refused": "L’adresse e-mail ou le mot de passe est incorrect.",
  "signIn.submit": "Se connecter",
  "signIn.title": "Se connecter",

  "password.again": "Nouveau mot de passe, encore une fois",
  "password.current": "Mot de passe actuel",
  "password.differs": "Il est différent du mot de passe ci-dessus.",
  "password.failed": "Le mot de passe n’a pas été changé",
  "password.must": "Ce mot de passe a été créé par quelqu’un d’autre. Choisissez le vôtre pour continuer.",
  "password.new": "Nouveau mot de passe",
  "password.otherSessions": "Vos autres sessions seront fermées.",
  "password.rule": "De 12 à 256 caractères, différent de l’adresse e-mail.",
  "password.submit": "Changer le mot de passe",
  "password.title": "Changer le mot de passe",

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

  "form.failed": "L’opération n’a pas abouti",

  "session.mayNot": "Vos rôles ne le permettent pas.",

  "job.status.cancelled": "Annulé",
  "job.status.complete": "Terminé",
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
  "grid.select.whole": "Sélectionner toute la liste",
  "grid.selected": { one: "{count} sélectionnée", other: "{count} sélectionnées" },
  "grid.selected.whole": "Toute la liste est sélectionnée",
  "grid.selected.wholeBut": {
    one: "Toute la liste sauf {count} est sélectionnée",
    other: "Toute la liste sauf {count} est sélectionnée",
  },
  "grid.total": { one: "{count} ligne", other: "{count} lignes" },
  "grid.total.more": { one: "Plus de {count} ligne", other: "Plus de {count} lignes" },

  "picker.more": {
    one: "Encore {count} ; saisissez une partie du nom",
    other: "Encore {count} ; saisissez une partie du nom",
  },
  "picker.none": "Rien ne porte ce nom",

  "value.choose": "Choisir…",
  "value.false": "Faux",
  "value.fault.array": "Il faut un tableau JSON.",
  "value.fault.at": "{path} : {rule}",
  "value.fault.boolean": "Il faut vrai ou faux.",
  "value.fault.date": "Il faut une date, par exemple 2026-11-20.",
  "value.fault.dateTime": "Il faut une date et une heure, par exemple 2026-11-20T12:00:00Z.",
  "value.fault.duration": "Il faut une durée, par exemple PT5M (cinq minutes) ou P1DT2H.",
  "value.fault.field": "Ce champ n’existe pas.",
  "value.fault.json": "Ce n’est pas du JSON.",
  "value.fault.least": "La valeur minimale est {bound}.",
  "value.fault.missing": "Saisissez une valeur.",
  "value.fault.most": "La valeur maximale est {bound}.",
  "value.fault.number": "Il faut un nombre.",
  "value.fault.object": "Il faut un objet JSON.",
  "value.fault.option": "Choisissez une des valeurs proposées.",
  "value.fault.range32": "Il faut un entier de 32 bits : de -2147483648 à 2147483647.",
  "value.fault.range64": "Il faut un entier de 64 bits.",
  "value.fault.text": "Il faut un texte ; en JSON, il s’écrit entre guillemets.",
  "value.fault.time": "Il faut une heure, par exemple 12:00:00.",
  "value.fault.whole": "Il faut un nombre entier.",
  "value.form": "Formulaire",
  "value.sent": "Envoyé : {value}",
  "value.true": "Vrai",
  "value.view": "Mode de saisie de {label}",
};
