import { useEffect, useRef, useState } from "react";

/** `value`, but changing at most every `every` ms. */
export function useSlow<Value>(value: Value, every: number): Value {
  const [slow, setSlow] = useState(value);
  const changed = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, changed.current + every - Date.now());
    const timer = setTimeout(() => {
      changed.current = Date.now();
      setSlow(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, every]);
  return slow;
}
