import { makeStyles, tokens } from "@fluentui/react-components";

export const useFormStyles = makeStyles({
  form: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalL },
  actions: { display: "flex", flexDirection: "row-reverse", columnGap: tokens.spacingHorizontalS },
});
