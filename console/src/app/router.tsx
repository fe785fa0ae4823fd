import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  redirect,
} from "@tanstack/react-router";
import { whenSignedOut } from "../api/client";
import { RequestFailed } from "../api/failure";
import { readAuditSearch } from "../screens/audit/search";
import { readDeviceSearch, readDevicesSearch } from "../screens/devices/search";
import { readJobsSearch } from "../screens/jobs/list/search";
import { isStep } from "../screens/jobs/wizard/steps";
import { readWizardSearch } from "../screens/jobs/wizard/search";
import { NotFound } from "../screens/NotFound";
import { readPermissionsSearch, SECTIONS } from "../screens/permissions/search";
import { readGroupSearch, readListSearch } from "../screens/device-groups/search";
import { readNewTemplateSearch, readTemplateSearch } from "../screens/device-templates/search";
import { ScreenFailed } from "../screens/ScreenFailed";
import { readScheduledSearch } from "../screens/jobs/scheduled/search";
import { readRunSearch } from "../screens/jobs/run/filter";
import { backOf } from "../session/back";
import { forget, sessionQuery } from "../session/session";
import { SignedIn } from "../session/SignedIn";
import { ITEMS } from "../shell/items";
import { queries } from "./queries";
import { readSearch, writeSearch } from "./search";

// A constant at build time, so that nothing of the gallery is left in what is served.
const GALLERY = import.meta.env.DEV || import.meta.env.MODE === "gallery";

/*
 * The addresses of the console. They are IoT Central's own where its clients are known to link there, so that such links
 * keep working. Each screen is a chunk of its own. What a list shows (filter, order) stands in the address, so that it
 * can be sent to a colleague: a screen that has such a state gives its route a `validateSearch`.
 */
const root = createRootRoute();

/** Screens with the bar and the navigation around them, for who is signed in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ location }) => {
    const search = location.href === "/" ? {} : { back: location.href };
    const session = await queries.query({ ...sessionQuery, staleTime: "static" }).catch((error: unknown) => {
      if (error instanceof RequestFailed && error.status === 401) throw redirect({ to: "/sign-in", search });
      throw error;
    });
    if (session.mustChangePassword) throw redirect({ to: "/change-password", search });
    return { session };
  },
  component: SignedIn,
});

/** The list of jobs, or the first part that the session may see. */
const start = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: ({ context: { session } }) => {
    const seen = ITEMS.filter(({ needs }) =>
      needs.some((permission) => session.permissions.includes(permission)),
    );
    const to = seen.find(({ to }) => to === "/jobs")?.to ?? seen[0]?.to ?? "/jobs";
    throw redirect({ to, replace: true });
  },
});

const jobs = createRoute({
  getParentRoute: () => shell,
  path: "/jobs",
  validateSearch: readJobsSearch,
  component: lazyRouteComponent(() => import("../screens/jobs/JobsScreen"), "JobsScreen"),
});

const job = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/instances/$jobId",
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import("../screens/jobs/JobScreen"), "JobScreen"),
});

const newJob = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/definitions/create/$step",
  validateSearch: readWizardSearch,
  beforeLoad: ({ params }) => {
    if (!isStep(params.step)) throw notFound();
  },
  component: lazyRouteComponent(() => import("../screens/jobs/NewJobScreen"), "NewJobScreen"),
});

const scheduledJob = createRoute({
  getParentRoute: () => shell,
  path: "/jobs/scheduled/$scheduledJobId",
  validateSearch: readScheduledSearch,
  component: lazyRouteComponent(() => import("../screens/jobs/ScheduledJobScreen"), "ScheduledJobScreen"),
});

const devices = createRoute({
  getParentRoute: () => shell,
  path: "/devices",
  validateSearch: readDevicesSearch,
  component: lazyRouteComponent(() => import("../screens/devices/DevicesScreen"), "DevicesScreen"),
});

const device = createRoute({
  getParentRoute: () => shell,
  path: "/devices/$deviceId",
  validateSearch: readDeviceSearch,
  component: lazyRouteComponent(() => import("../screens/devices/DeviceScreen"), "DeviceScreen"),
});

const deviceGroups = createRoute({
  getParentRoute: () => shell,
  path: "/device-groups",
  validateSearch: readListSearch,
  component: lazyRouteComponent(
    () => import("../screens/device-groups/DeviceGroupsScreen"),
    "DeviceGroupsScreen",
  ),
});

const newDeviceGroup = createRoute({
  getParentRoute: () => shell,
  path: "/device-groups/definitions/create",
  component: lazyRouteComponent(
    () => import("../screens/device-groups/NewDeviceGroupScreen"),
    "NewDeviceGroupScreen",
  ),
});

const deviceGroup = createRoute({
  getParentRoute: () => shell,
  path: "/device-groups/$groupId",
  validateSearch: readGroupSearch,
  component: lazyRouteComponent(
    () => import("../screens/device-groups/DeviceGroupScreen"),
    "DeviceGroupScreen",
  ),
});

const deviceTemplates = createRoute({
  getParentRoute: () => shell,
  path: "/device-templates",
  validateSearch: readListSearch,
  component: lazyRouteComponent(
    () => import("../screens/device-templates/DeviceTemplatesScreen"),
    "DeviceTemplatesScreen",
  ),
});

const newDeviceTemplate = createRoute({
  getParentRoute: () => shell,
  path: "/device-templates/definitions/create",
  validateSearch: readNewTemplateSearch,
  component: lazyRouteComponent(
    () => import("../screens/device-templates/NewDeviceTemplateScreen"),
    "NewDeviceTemplateScreen",
  ),
});

const deviceTemplate = createRoute({
  getParentRoute: () => shell,
  path: "/device-templates/$templateId",
  validateSearch: readTemplateSearch,
  component: lazyRouteComponent(
    () => import("../screens/device-templates/DeviceTemplateScreen"),
    "DeviceTemplateScreen",
  ),
});

/** The first section that the session may see. */
const permissionsStart = createRoute({
  getParentRoute: () => shell,
  path: "/permissions",
  beforeLoad: ({ context: { session } }) => {
    const section = SECTIONS.find(({ needs }) => session.permissions.includes(needs))?.id ?? "users";
    throw redirect({ to: "/permissions/$section", params: { section }, replace: true });
  },
});

const permissions = createRoute({
  getParentRoute: () => shell,
  path: "/permissions/$section",
  validateSearch: readPermissionsSearch,
  beforeLoad: ({ params }) => {
    if (!SECTIONS.some(({ id }) => id === params.section)) throw notFound();
  },
  component: lazyRouteComponent(
    () => import("../screens/permissions/PermissionsScreen"),
    "PermissionsScreen",
  ),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("../screens/audit/AuditScreen"), "AuditScreen"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: backOf,
  component: lazyRouteComponent(() => import("../screens/session/SignInScreen"), "SignInScreen"),
});

const changePassword = createRoute({
  getParentRoute: () => root,
  path: "/change-password",
  validateSearch: backOf,
  component: lazyRouteComponent(
    () => import("../screens/session/ChangePasswordScreen"),
    "ChangePasswordScreen",
  ),
});

/** Every component at once, to look at and for the tests in a browser; needs no server, and is not part of what is served. */
const galleryShell = createRoute({
  getParentRoute: () => root,
  id: "gallery-shell",
  ...(GALLERY && {
    component: lazyRouteComponent(() => import("../gallery/GalleryShell"), "GalleryShell"),
  }),
});

const gallery = createRoute({
  getParentRoute: () => galleryShell,
  path: "/gallery",
  beforeLoad: () => {
    if (!GALLERY) throw notFound();
  },
  ...(GALLERY && {
    component: lazyRouteComponent(() => import("../gallery/GalleryScreen"), "GalleryScreen"),
  }),
});

/** An address that is none of these. */
const unknown = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

const screens = shell.addChildren([
  start,
  jobs,
  job,
  newJob,
  scheduledJob,
  devices,
  device,
  deviceGroups,
  newDeviceGroup,
  deviceGroup,
  deviceTemplates,
  newDeviceTemplate,
  deviceTemplate,
  permissionsStart,
  permissions,
  audit,
  unknown,
]);

export const router = createRouter({
  routeTree: root.addChildren([screens, galleryShell.addChildren([gallery]), signIn, changePassword]),
  basepath: "/console",
  defaultPreload: "intent",
  defaultErrorComponent: ScreenFailed,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: false,
  parseSearch: readSearch,
  stringifySearch: writeSearch,
});

whenSignedOut(() => {
  const { href } = router.state.location;
  forget(queries);
  void router.navigate({ to: "/sign-in", search: { back: href } });
});

export type ConsoleRouter = typeof router;

declare module "@tanstack/react-router" {
  interface Register {
    router: ConsoleRouter;
  }
}
