import { Button, Field, Input, MessageBar, MessageBarBody, Spinner } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { RequestFailed } from "../../api/failure";
import { explain } from "../../components/explain";
import { signIn } from "../../session/session";
import type { Translate } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { SessionPage } from "./SessionPage";
import { useFormStyles } from "./styles";

const route = getRouteApi("/sign-in");

export function SignInScreen() {
  const styles = useFormStyles();
  const { t } = useTexts();
  const { back } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const attempt = useMutation({
    mutationFn: () => signIn(queries, email.trim(), password),
    onSuccess: () => void router.navigate({ to: back ?? "/", replace: true }),
    onError: () => setPassword(""),
  });

  return (
    <SessionPage title={t("signIn.title")}>
      <form
        className={styles.form}
        onSubmit={(event: SyntheticEvent) => {
          event.preventDefault();
          if (!attempt.isPending) attempt.mutate();
        }}
      >
        {attempt.error ? (
          <MessageBar intent="error" layout="multiline" role="alert">
            <MessageBarBody>{whyNot(attempt.error, t)}</MessageBarBody>
          </MessageBar>
        ) : (
          back !== undefined && <span>{t("signIn.again")}</span>
        )}
        <Field label={t("signIn.email")} required>
          <Input
            type="email"
            autoComplete="username"
            value={email}
            onChange={(_, { value }) => setEmail(value)}
          />
        </Field>
        <Field label={t("signIn.password")} required>
          <Input
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(_, { value }) => setPassword(value)}
          />
        </Field>
        <div className={styles.actions}>
          <Button
            type="submit"
            appearance="primary"
            disabled={attempt.isPending || email.trim() === "" || password === ""}
            icon={attempt.isPending ? <Spinner size="tiny" /> : null}
          >
            {t("signIn.submit")}
          </Button>
        </div>
      </form>
    </SessionPage>
  );
}

function whyNot(error: unknown, t: Translate): string {
  if (error instanceof RequestFailed && error.status === 401) return t("signIn.refused");
  const { reason, advice } = explain(error, t);
  if (error instanceof RequestFailed && error.status === 429 && error.retryAfter !== undefined) {
    return `${reason} ${t("signIn.later", { count: Math.ceil(error.retryAfter / 60) })}`;
  }
  return `${reason} ${advice}`.trim();
}
