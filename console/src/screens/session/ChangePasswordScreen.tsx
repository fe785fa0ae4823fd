import { Button, Field, Input, Spinner, Text } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Navigate, useRouter } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import { answer, api } from "../../api/client";
import { RequestFailed } from "../../api/failure";
import { ErrorState } from "../../components/ErrorState";
import { sessionQuery } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { SessionPage } from "./SessionPage";
import { useFormStyles } from "./styles";

const route = getRouteApi("/change-password");

/** Changes the own password: by choice, or because somebody else made it. */
export function ChangePasswordScreen() {
  const { t } = useTexts();
  const { back } = route.useSearch();
  const session = useQuery(sessionQuery);
  if (session.error instanceof RequestFailed && session.error.status === 401) {
    return <Navigate to="/sign-in" search={back === undefined ? {} : { back }} replace />;
  }
  return (
    <SessionPage title={t("password.title")}>
      {session.error && <ErrorState error={session.error} onRetry={() => void session.refetch()} />}
      {session.data && <PasswordForm email={session.data.email} must={session.data.mustChangePassword} />}
    </SessionPage>
  );
}

function PasswordForm({ email, must }: { email: string; must: boolean }) {
  const styles = useFormStyles();
  const { t } = useTexts();
  const { back = "/" } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const [again, setAgain] = useState("");
  const change = useMutation({
    mutationFn: async () => {
      await answer(api.PUT("/session/password", { body: { currentPassword: current, newPassword: wanted } }));
      await queries.query({ ...sessionQuery, staleTime: 0 });
    },
    onSuccess: () => void router.navigate({ to: back, replace: true }),
  });
  const length = Array.from(wanted).length;
  const allowed = length >= 12 && length <= 256 && wanted.toLowerCase() !== email.toLowerCase();
  const same = again === wanted;

  return (
    <form
      className={styles.form}
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        if (!change.isPending && allowed && same) change.mutate();
      }}
    >
      {must && <Text>{t("password.must")}</Text>}
      {change.error && <ErrorState error={change.error} title={t("password.failed")} />}
      {/* Whose password it is, for the browser's own keeper of passwords. */}
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      <Field label={t("password.current")} required>
        <Input
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={(_, { value }) => setCurrent(value)}
        />
      </Field>
      <Field
        label={t("password.new")}
        required
        hint={t("password.rule")}
        validationState={wanted === "" || allowed ? "none" : "error"}
      >
        <Input
          type="password"
          autoComplete="new-password"
          value={wanted}
          onChange={(_, { value }) => setWanted(value)}
        />
      </Field>
      <Field
        label={t("password.again")}
        required
        {...(again !== "" && !same && { validationMessage: t("password.differs") })}
      >
        <Input
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={(_, { value }) => setAgain(value)}
        />
      </Field>
      <Text size={200}>{t("password.otherSessions")}</Text>
      <div className={styles.actions}>
        <Button
          type="submit"
          appearance="primary"
          disabled={change.isPending || current === "" || !allowed || !same}
          icon={change.isPending ? <Spinner size="tiny" /> : null}
        >
          {t("password.submit")}
        </Button>
        {!must && (
          <Button disabled={change.isPending} onClick={() => void router.navigate({ to: back })}>
            {t("action.cancel")}
          </Button>
        )}
      </div>
    </form>
  );
}
