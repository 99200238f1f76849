// The button that changes between light and dark, and remembers it. head.js applies it before the first paint.

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function label(button) {
  const words = isDark() ? "Light colours" : "Dark colours";
  const text = button.querySelector("span");
  if (text) {
    text.textContent = words;
    return;
  }
  button.setAttribute("aria-label", words);
  button.title = words;
}

document.querySelectorAll("[data-theme-toggle]").forEach((button) => {
  label(button);
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("tillway-theme", theme);
    } catch (error) {
      // Storage is switched off: the choice lasts for this page.
    }
    label(button);
  });
});
