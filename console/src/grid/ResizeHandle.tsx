import { makeStyles, tokens } from "@fluentui/react-components";
import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTexts } from "../texts/texts";
import { MAX_WIDTH, MIN_WIDTH, boundedWidth } from "./columnChoice";

const STEP = 16;

const useStyles = makeStyles({
  handle: {
    position: "absolute",
    right: 0,
    top: 0,
    bottom: 0,
    width: "9px",
    cursor: "col-resize",
    touchAction: "none",
    "::after": {
      content: '""',
      position: "absolute",
      right: "4px",
      top: "25%",
      bottom: "25%",
      width: "1px",
      backgroundColor: tokens.colorNeutralStroke2,
    },
    ":hover::after": { width: "2px", backgroundColor: tokens.colorBrandStroke1 },
    ":focus-visible": {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
    },
  },
});

interface Props {
  /** What the column is called. */
  readonly name: string;
  /** The column's width, when it was chosen. */
  readonly width: number;
  /** Called while the handle is dragged, and with the last width when it is let go. */
  readonly onResize: (width: number | undefined) => void;
}

/** The right edge of a column's head: drag it, or use the arrow keys; a double click gives the column its own width again. */
export function ResizeHandle({ name, width, onResize }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [drag, setDrag] = useState<{ from: number; width: number }>();

  const begin = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    // A column that grows is wider than it says.
    setDrag({ from: event.clientX, width: event.currentTarget.parentElement?.offsetWidth ?? width });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onResize((event.currentTarget.parentElement?.offsetWidth ?? width) + step);
  };
  return (
    // A separator that can be moved is a control: https://www.w3.org/TR/wai-aria-1.2/#separator
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("grid.resize", { name })}
      aria-valuenow={boundedWidth(width)}
      aria-valuemin={MIN_WIDTH}
      aria-valuemax={MAX_WIDTH}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={styles.handle}
      onPointerDown={begin}
      onPointerMove={(event) => drag && onResize(drag.width + event.clientX - drag.from)}
      onPointerUp={() => setDrag(undefined)}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onResize(undefined)}
      onKeyDown={onKeyDown}
    />
  );
}
