import { useTexts } from "../texts/texts";
import { ToCome } from "./ToCome";

export function SignInScreen() {
  const { t } = useTexts();
  return (
    <main style={{ height: "100%" }}>
      <ToCome title={t("account.signIn")} />
    </main>
  );
}
