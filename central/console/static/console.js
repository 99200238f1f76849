// What the console does in the browser: the page that refreshes itself, and the keyboard. Links work without it.
import "./theme.js";
import "./live.js";
import "./keys.js";
import { setClock, showTimes } from "./times.js";

const announce = document.getElementById("announce");
const loading = document.getElementById("loading");
const open = new Set();

function page() {
  return document.getElementById("page");
}

document.addEventListener("htmx:beforeRequest", () => {
  page().setAttribute("aria-busy", "true");
  loading.classList.add("is-on");
});

document.addEventListener("htmx:afterRequest", () => {
  page().removeAttribute("aria-busy");
  loading.classList.remove("is-on");
});

// What was unfolded stays unfolded, and a panel keeps its place, when the page is replaced.
let scrolled = 0;
document.addEventListener("htmx:beforeSwap", () => {
  open.clear();
  document.querySelectorAll("details[id][open]").forEach((element) => open.add(element.id));
  const detail = document.querySelector(".detail");
  scrolled = detail ? detail.scrollTop : 0;
});

let title = document.getElementById("detail-title");
let shown = title ? title.textContent : "";
document.addEventListener("htmx:afterSettle", () => {
  open.forEach((id) => {
    const element = document.getElementById(id);
    if (element) element.open = true;
  });
  title = document.getElementById("detail-title");
  const now = title ? title.textContent : "";
  const detail = document.querySelector(".detail");
  if (detail && now === shown) detail.scrollTop = scrolled;
  if (now && now !== shown) announce.textContent = `${now} is open`;
  shown = now;
  setClock();
  showTimes();
});
