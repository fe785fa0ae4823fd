import { Tooltip } from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { useTexts } from "../texts/texts";

interface Props {
  /** RFC 3339, as the server says it. */
  readonly time: string;
  /** "3 minutes ago" instead of date and time; follows the clock. */
  readonly relative?: boolean;
}

/** A point in time in the zone of whoever looks; with UTC, and for a relative one also the local time, in the tooltip. */
export function TimeText({ time, relative = false }: Props) {
  const { t, formats } = useTexts();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!relative) return;
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, [relative]);

  const date = new Date(time);
  // A time that cannot be read is shown as it came rather than as "Invalid Date".
  if (Number.isNaN(date.getTime())) return <span>{time}</span>;
  const local = formats.dateTime(date);
  const utc = t("time.utc", { time: formats.dateTimeUtc(date) });
  return (
    <Tooltip content={relative ? `${local} · ${utc}` : utc} relationship="description">
      <time dateTime={date.toISOString()}>{relative ? formats.relative(date, now) : local}</time>
    </Tooltip>
  );
}
