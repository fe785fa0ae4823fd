import { SearchBox } from "@fluentui/react-components";
import { useEffect, useState } from "react";

/** Typing rests this long, in ms, before it is searched for. */
const RESTS = 300;

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onSearch: (value: string) => void;
}

/** What a list is searched for; the list follows when typing rests, or at once with Enter. */
export function SearchField({ label, value, onSearch }: Props) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  // The address changed by itself: back, or a cleared filter.
  if (value !== shown) {
    setShown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => onSearch(typed.trim()), RESTS);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <SearchBox
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(_, data) => setTyped(data.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onSearch(typed.trim());
      }}
    />
  );
}
