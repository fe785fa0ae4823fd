import { makeStyles, tokens } from "@fluentui/react-components";

export const ROW_HEIGHT = 40;
export const HEADER_HEIGHT = 40;

export const useGridStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    flexGrow: 1,
    minWidth: 0,
    minHeight: "240px",
    rowGap: tokens.spacingVerticalS,
  },
  bar: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
  },
  right: { marginLeft: "auto" },
  scroller: {
    flexGrow: 1,
    flexBasis: 0,
    overflow: "auto",
    position: "relative",
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
    },
    // The cell that the keyboard is at shows only while the keyboard is here.
    ":focus-visible [data-active]": {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
    },
  },
  header: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    boxSizing: "border-box",
    height: `${HEADER_HEIGHT}px`,
    fontWeight: tokens.fontWeightSemibold,
    width: "max-content",
    minWidth: "100%",
  },
  body: { position: "relative", overflow: "clip", minWidth: "100%" },
  row: {
    display: "grid",
    boxSizing: "border-box",
    alignItems: "stretch",
    width: "max-content",
    minWidth: "100%",
    height: `${ROW_HEIGHT}px`,
  },
  bodyRow: {
    position: "absolute",
    top: 0,
    left: 0,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  gone: { "& > *": { textDecorationLine: "line-through" } },
  opens: { cursor: "pointer" },
  selected: {
    backgroundColor: tokens.colorBrandBackground2,
    ":hover": { backgroundColor: tokens.colorBrandBackground2Hover },
  },
  cell: {
    display: "flex",
    alignItems: "center",
    minWidth: 0,
    // Else a long text in one row would make the columns of that row wider than the heads.
    contain: "inline-size",
    padding: `0 ${tokens.spacingHorizontalS}`,
    whiteSpace: "nowrap",
    overflow: "hidden",
    "> *": { overflow: "hidden", textOverflow: "ellipsis" },
  },
  head: { position: "relative" },
  numeric: { justifyContent: "flex-end", fontVariantNumeric: "tabular-nums" },
  box: { padding: 0, justifyContent: "center" },
  sort: {
    minWidth: 0,
    padding: 0,
    fontWeight: tokens.fontWeightSemibold,
    justifyContent: "flex-start",
  },
  skeleton: {
    height: "10px",
    width: "60%",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground5,
  },
});
