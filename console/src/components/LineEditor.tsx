import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useImperativeHandle, useRef, type Ref } from "react";

const LINE_HEIGHT = 20;

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    height: "560px",
    minHeight: "200px",
    resize: "vertical",
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    ":focus-within": { border: `${tokens.strokeWidthThin} solid ${tokens.colorCompoundBrandStroke}` },
  },
  numbers: {
    overflow: "hidden",
    padding: "8px 8px 8px 12px",
    textAlign: "right",
    userSelect: "none",
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: `${LINE_HEIGHT}px`,
    fontVariantNumeric: "tabular-nums",
  },
  faulty: { color: tokens.colorStatusDangerForeground1, fontWeight: tokens.fontWeightBold },
  text: {
    resize: "none",
    border: "none",
    outlineStyle: "none",
    padding: "8px",
    margin: 0,
    color: tokens.colorNeutralForeground1,
    backgroundColor: "transparent",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: `${LINE_HEIGHT}px`,
    whiteSpace: "pre",
    overflow: "auto",
    tabSize: 2,
  },
});

export interface LineEditorHandle {
  /** Puts the cursor at the beginning of a line, from 1, and brings it into view. */
  readonly goTo: (line: number) => void;
}

interface Props {
  readonly ref?: Ref<LineEditorHandle>;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly readOnly: boolean;
  /** Lines with something wrong, from 1. */
  readonly faulty: readonly number[];
}

/** Text of many lines with their numbers. Tab leaves it, as everywhere. */
export function LineEditor({ ref, label, value, onChange, readOnly, faulty }: Props) {
  const styles = useStyles();
  const text = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({
    goTo: (line) => {
      const area = text.current;
      if (!area) return;
      const lines = area.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
      area.focus();
      area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
      area.scrollTop = Math.max(0, (line - 1) * LINE_HEIGHT - area.clientHeight / 2);
      area.scrollLeft = 0;
    },
  }));
  const count = value.split("\n").length;
  return (
    <div className={styles.root}>
      <div ref={numbers} className={styles.numbers} aria-hidden="true">
        {Array.from({ length: count }, (_, index) => (
          <div key={index} className={mergeClasses(faulty.includes(index + 1) && styles.faulty)}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={text}
        className={styles.text}
        aria-label={label}
        value={value}
        readOnly={readOnly}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
