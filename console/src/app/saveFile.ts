/** Gives the person a file that this page made. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it when this runs.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
