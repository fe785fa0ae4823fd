import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { Tone } from "./StatusBadge";
import { useTexts } from "../texts/texts";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS },
  bar: {
    display: "flex",
    height: "12px",
    columnGap: "2px",
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground5,
  },
  part: { minWidth: "3px" },
  clickable: { padding: 0, border: "none", cursor: "pointer", ":hover": { filter: "brightness(1.15)" } },
  legend: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  button: { fontWeight: tokens.fontWeightRegular, minWidth: 0 },
  swatch: {
    display: "inline-block",
    width: "10px",
    height: "10px",
    borderRadius: tokens.borderRadiusSmall,
    marginRight: tokens.spacingHorizontalS,
    flexShrink: 0,
  },
  success: { backgroundColor: tokens.colorPaletteGreenBackground3 },
  danger: { backgroundColor: tokens.colorPaletteRedBackground3 },
  warning: { backgroundColor: tokens.colorPaletteMarigoldBackground3 },
  running: { backgroundColor: tokens.colorBrandBackground },
  waiting: { backgroundColor: tokens.colorNeutralStrokeAccessible },
  stopped: { backgroundColor: tokens.colorPalettePurpleBorderActive },
  canceled: { backgroundColor: tokens.colorNeutralForeground4 },
});

export interface Segment {
  readonly id: string;
  readonly label: string;
  /** Its part of the bar. */
  readonly count: number;
  /** What the legend says, where other segments are a part of it. */
  readonly whole?: number;
  readonly tone: Tone;
}

interface Props {
  /** What is divided, for who cannot see it: "Outcomes of 1,000 devices". */
  readonly label: string;
  readonly segments: readonly Segment[];
  /** The segment that filters now, and what to do when one is chosen (again: none). */
  readonly chosen?: string | undefined;
  readonly onChoose?: (id: string | undefined) => void;
}

/** A whole in its parts, with a legend of counts and shares; each part is a filter. */
export function StackedBar({ label, segments, chosen, onChoose }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  const choose = (id: string) => onChoose?.(chosen === id ? undefined : id);
  return (
    <div className={styles.root} role="group" aria-label={label}>
      <div className={styles.bar} aria-hidden="true">
        {segments
          .filter(({ count }) => count > 0)
          .map(({ id, label, count, tone }) => {
            const style = { flexGrow: count, flexBasis: 0 };
            const look = mergeClasses(styles.part, styles[tone]);
            if (!onChoose) return <div key={id} className={look} style={style} />;
            // For the mouse; the legend is the same for the keyboard and for who cannot see the bar.
            return (
              <button
                key={id}
                type="button"
                tabIndex={-1}
                title={label}
                className={mergeClasses(look, styles.clickable)}
                style={style}
                onClick={() => choose(id)}
              />
            );
          })}
      </div>
      <ul className={styles.legend}>
        {segments.map(({ id, label, count: part, whole: count = part, tone }) => {
          const text = t("chart.segment", {
            label,
            count,
            share: formats.share(total === 0 ? 0 : count / total),
          });
          const swatch = <span className={mergeClasses(styles.swatch, styles[tone])} />;
          return (
            <li key={id}>
              {onChoose ? (
                <Button
                  size="small"
                  appearance={chosen === id ? "outline" : "subtle"}
                  className={styles.button}
                  aria-pressed={chosen === id}
                  onClick={() => choose(id)}
                >
                  {swatch}
                  {text}
                </Button>
              ) : (
                <span>
                  {swatch}
                  {text}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
