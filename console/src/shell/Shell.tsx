import { makeStyles, mergeClasses, Toaster, tokens } from "@fluentui/react-components";
import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { NARROW, useMediaQuery } from "../app/media";
import { useStored } from "../app/stored";
import { TOASTER } from "../components/notify";
import { useTexts } from "../texts/texts";
import { Navigation } from "./Navigation";
import { NavigationDrawer } from "./NavigationDrawer";
import { TopBar } from "./TopBar";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    gridTemplateRows: "auto minmax(0, 1fr)",
    height: "100dvh",
    backgroundColor: tokens.colorNeutralBackground2,
  },
  skip: {
    position: "absolute",
    left: tokens.spacingHorizontalS,
    top: "-100px",
    zIndex: 1000,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    ":focus": { top: tokens.spacingVerticalS },
  },
  main: {
    overflowY: "auto",
    outlineStyle: "none",
    minWidth: 0,
    gridColumn: 2,
    borderLeft: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  mainNarrow: { gridColumn: "1 / -1", borderLeftStyle: "none" },
});

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** The bar above, the navigation beside, and a screen in the middle. */
export function Shell() {
  const styles = useStyles();
  const { t } = useTexts();
  const narrow = useMediaQuery(NARROW);
  const [expanded, setExpanded] = useStored("navigation.expanded", () => true, isBoolean);
  const [drawerOpen, setDrawerOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const router = useRouter();

  // Who uses a keyboard or a screen reader goes on at the new screen, not where the link was.
  useEffect(
    () =>
      router.subscribe("onResolved", ({ fromLocation, pathChanged }) => {
        if (fromLocation && pathChanged) main.current?.focus({ preventScroll: true });
      }),
    [router],
  );

  return (
    <div className={styles.root}>
      <a
        className={styles.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t("app.skipToContent")}
      </a>
      <TopBar
        navigationLabel={t(narrow ? "nav.open" : expanded ? "nav.collapse" : "nav.expand")}
        navigationOpen={narrow ? drawerOpen : expanded}
        onNavigation={() => {
          if (narrow) setDrawerOpen(true);
          else setExpanded(!expanded);
        }}
      />
      {narrow ? (
        <NavigationDrawer open={drawerOpen} onClose={() => setDrawerOpen(false)} />
      ) : (
        <Navigation expanded={expanded} />
      )}
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className={mergeClasses(styles.main, narrow && styles.mainNarrow)}
      >
        <Outlet />
      </main>
      <Toaster toasterId={TOASTER} />
    </div>
  );
}
