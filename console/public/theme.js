// Runs before the first paint, so that who chose the dark theme sees no white flash. The key is that of src/app/theme.tsx.
try {
  const theme = JSON.parse(localStorage.getItem("bellwether.theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Nothing is remembered, or nothing may be: the system's theme holds.
}
