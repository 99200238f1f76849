// The keyboard: / search, j and k rows, Enter opens (the row is a link), Esc closes, ? lists the keys.
// Single keys can be switched off, for those who speak to their computer (WCAG 2.1.4).

const STORED = "tillway-keys";
const help = document.getElementById("help");
const box = document.getElementById("keys-on");

function stored() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch (error) {
    return true;
  }
}

box.checked = stored();
box.addEventListener("change", () => {
  try {
    localStorage.setItem(STORED, box.checked ? "on" : "off");
  } catch (error) {
    // Storage is switched off: the choice lasts for this page.
  }
});

function isTyping(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

function step(by) {
  const rows = [...document.querySelectorAll(".row-link")];
  if (!rows.length) return;
  const marked = document.querySelector('tr[aria-current="true"] .row-link');
  const place = rows.indexOf(rows.includes(document.activeElement) ? document.activeElement : marked);
  const row = rows[place < 0 ? 0 : Math.min(Math.max(place + by, 0), rows.length - 1)];
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function showHelp() {
  if (!help.open) help.showModal();
}

document.querySelectorAll("[data-help]").forEach((button) => button.addEventListener("click", showHelp));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.key === "Escape") {
    if (isTyping(event.target)) {
      event.target.blur();
      return;
    }
    const close = document.querySelector("[data-close]");
    if (close) {
      const row = document.querySelector('tr[aria-current="true"] .row-link');
      if (row) row.focus({ preventScroll: true });
      close.click();
    }
    return;
  }
  if (!box.checked || isTyping(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search").select();
    document.getElementById("search").focus();
  } else if (event.key === "j") {
    step(1);
  } else if (event.key === "k") {
    step(-1);
  } else if (event.key === "?") {
    showHelp();
  }
});
