import { useCallback, useState } from "react";

const PREFIX = "bellwether.";

/**
 * A choice of a person that this browser remembers. What is stored but is not of the right form (`isValid`), or cannot
 * be read because storage is switched off, is as if nothing were stored; a choice that cannot be stored still holds
 * until the page is left.
 */
export function useStored<Value>(
  name: string,
  initial: () => Value,
  isValid: (value: unknown) => value is Value,
): [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => {
    const stored = read(name);
    return isValid(stored) ? stored : initial();
  });
  const store = useCallback(
    (next: Value) => {
      setValue(next);
      try {
        localStorage.setItem(PREFIX + name, JSON.stringify(next));
      } catch {
        // Storage is full or switched off: see above.
      }
    },
    [name],
  );
  return [value, store];
}

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return undefined;
  }
}
