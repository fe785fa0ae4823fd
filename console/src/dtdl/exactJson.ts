import { isHeld } from "../json/exact";

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON whose numbers JavaScript would round: those become strings of their digits. The server takes such a string for the number that it says, so that a value that
 * is read and sent back stays what it was.
 *
 * @throws SyntaxError when `text` is no JSON
 */
export function parseExact(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  const exact = text.replace(STRING_OR_NUMBER, (part) =>
    part.startsWith('"') || isHeld(part) ? part : `"${part}"`,
  );
  return exact === text ? plain : JSON.parse(exact);
}
