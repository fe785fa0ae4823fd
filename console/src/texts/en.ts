/**
 * Every text of the console. `{name}` is a parameter; an entry with `one` and `other` is chosen by its parameter
 * `count`. Other languages have the same keys (the compiler checks it) and the same parameters (a test does).
 */
export const en = {
  "app.name": "Bellwether",
  "app.skipToContent": "Skip to content",
  "app.title": "{page} · Bellwether",

  "action.cancel": "Cancel",
  "action.copied": "Copied",
  "action.copy": "Copy {what}",
  "action.copyFailed": "The browser did not allow copying. Select the text and copy it by hand.",
  "action.ok": "OK",
  "action.reload": "Reload the page",
  "action.retry": "Try again",

  "account.language": "Language",
  "account.menu": "Account and language",
  "account.signIn": "Sign in",

  "theme.dark": "Dark",
  "theme.light": "Light",
  "theme.switch": "Theme",
  "theme.system": "As the system",

  "nav.audit": "Audit log",
  "nav.close": "Close navigation",
  "nav.collapse": "Collapse navigation",
  "nav.deviceGroups": "Device groups",
  "nav.deviceTemplates": "Device templates",
  "nav.devices": "Devices",
  "nav.expand": "Expand navigation",
  "nav.jobs": "Jobs",
  "nav.label": "Main",
  "nav.open": "Open navigation",
  "nav.permissions": "Permissions",
  "nav.trail": "You are here",

  "jobs.new": "New job",
  "permissions.organizations": "Organizations",
  "permissions.roles": "Roles",
  "permissions.tokens": "API tokens",
  "permissions.users": "Users",

  "screen.toCome.body": "It is not built yet. Everything it will show can be done over the REST API today.",
  "screen.toCome.title": "This page is still to come",

  "notFound.body": "There is no page at {path}. It may have been moved, or the address is not complete.",
  "notFound.title": "Page not found",
  "notFound.toJobs": "Go to jobs",

  "error.advice.forbidden": "Ask an administrator for a role that allows it.",
  "error.advice.notFound": "It may have been deleted, or it belongs to another organization.",
  "error.advice.retry": "Try again in a moment. If it stays like this, look at the server’s log.",
  "error.advice.signIn": "Sign in again.",
  "error.advice.wait": "The server is busy. Wait a moment and try again.",
  "error.network": "The server did not answer. Check that it runs and that this computer reaches it.",
  "error.reference": "Code {code}",
  "error.title": "This could not be shown",

  "confirm.typeCount": "Type {number} to confirm",

  "job.status.canceled": "Canceled",
  "job.status.completed": "Completed",
  "job.status.failed": "Failed",
  "job.status.pending": "Pending",
  "job.status.running": "Running",
  "job.status.stopped": "Stopped",

  "time.utc": "{time} UTC",

  "chart.segment": "{label}: {count} ({share})",

  "grid.columns": "Columns",
  "grid.columns.all": "All columns",
  "grid.columns.title": "Choose columns",
  "grid.rowsFailed": "These rows could not be loaded",
  "grid.select.all": {
    one: "Select the one row of the whole list",
    other: "Select all {count} of the whole list",
  },
  "grid.select.none": "Clear selection",
  "grid.select.page": "Select the rows on screen",
  "grid.select.row": "Select {name}",
  "grid.selected": { one: "{count} selected", other: "{count} selected" },
  "grid.total": { one: "{count} row", other: "{count} rows" },
} as const;
