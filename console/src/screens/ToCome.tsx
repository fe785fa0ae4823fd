import { WrenchRegular } from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { EmptyState } from "../components/EmptyState";
import { Page } from "../components/Page";
import { PageHeader } from "../components/PageHeader";
import { useTexts } from "../texts/texts";

/** A screen whose content is not written yet; it says so. */
export function ToCome({ title, trail = [] }: { title: string; trail?: readonly ReactNode[] }) {
  const { t } = useTexts();
  return (
    <Page filling>
      <PageHeader title={title} trail={trail} />
      <EmptyState icon={WrenchRegular} title={t("screen.toCome.title")} body={t("screen.toCome.body")} />
    </Page>
  );
}
