import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkRegular, ErrorCircleRegular } from "@fluentui/react-icons";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { STEPS, type Step } from "./steps";

const useStyles = makeStyles({
  list: {
    display: "flex",
    flexWrap: "wrap",
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalXXL}`,
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  link: {
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalXS} 0`,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    borderBottom: `${tokens.strokeWidthThick} solid transparent`,
    ":hover": { color: tokens.colorNeutralForeground1 },
    ":focus-visible": { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  here: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    borderBottomColor: tokens.colorCompoundBrandForeground1,
  },
  mark: {
    display: "inline-flex",
    alignItems: "center",
    justifyContent: "center",
    width: "24px",
    height: "24px",
    borderRadius: tokens.borderRadiusCircular,
    fontSize: tokens.fontSizeBase200,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStrokeAccessible}`,
  },
  current: {
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    border: "none",
  },
  wrong: { color: tokens.colorStatusDangerForeground1 },
});

export const STEP_NAMES: Record<Step, TextKey & `wizard.step.${string}`> = {
  configure: "wizard.step.configure",
  delivery: "wizard.step.delivery",
  schedule: "wizard.step.schedule",
  review: "wizard.step.review",
};

const route = getRouteApi("/shell/jobs/definitions/create/$step");

interface Props {
  readonly current: Step;
  /** Steps on which something that is said is wrong. */
  readonly wrong: (step: Step) => boolean;
}

/** The steps in their order; each may be gone to at any time. */
export function StepLinks({ current, wrong }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const search = route.useSearch();
  const at = STEPS.indexOf(current);
  return (
    <nav aria-label={t("wizard.steps")}>
      <ol className={styles.list}>
        {STEPS.map((step, index) => (
          <li key={step}>
            <Link
              to="/jobs/definitions/create/$step"
              params={{ step }}
              search={search}
              className={mergeClasses(styles.link, step === current && styles.here)}
              activeProps={{ "aria-current": "step" as const }}
            >
              <span className={mergeClasses(styles.mark, step === current && styles.current)}>
                {wrong(step) ? (
                  <ErrorCircleRegular
                    className={mergeClasses(step !== current && styles.wrong)}
                    aria-label={t("wizard.step.wrong")}
                  />
                ) : index < at ? (
                  <CheckmarkRegular />
                ) : (
                  index + 1
                )}
              </span>
              {t(STEP_NAMES[step])}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
