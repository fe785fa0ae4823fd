import {
  createDOMRenderer,
  FluentProvider,
  RendererProvider,
  webDarkTheme,
  webLightTheme,
} from "@fluentui/react-components";
import { useLayoutEffect, useMemo, type ReactNode } from "react";
import { useMediaQuery } from "./media";
import { useStored } from "./stored";
import { ThemeContext, type Theme } from "./theme";

// The server puts a nonce into the page (see vite.config.ts). Scripts may read it from the property; the attribute is
// hidden by the browser, so that style sheets cannot.
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;
const renderer = createDOMRenderer(document, nonce ? { styleElementAttributes: { nonce } } : {});

function isTheme(value: unknown): value is Theme {
  return value === "system" || value === "light" || value === "dark";
}

/** The remembered theme, or the system's, for everything below. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [theme, setTheme] = useStored<Theme>("theme", () => "system", isTheme);
  const systemIsDark = useMediaQuery("(prefers-color-scheme: dark)");
  const dark = theme === "system" ? systemIsDark : theme === "dark";
  const choice = useMemo(() => ({ theme, setTheme }), [theme, setTheme]);

  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  }, [dark]);

  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <FluentProvider theme={dark ? webDarkTheme : webLightTheme} style={{ height: "100%" }}>
        <ThemeContext value={choice}>{children}</ThemeContext>
      </FluentProvider>
    </RendererProvider>
  );
}
