// Keeps the times on a page current. The words are those of web_kit/words.py.
// The server's clock counts: every page says what time it was there (data-now), so a wrong device clock does no harm.

const TIME = { hour: "2-digit", minute: "2-digit" };

let ahead = 0;

export function now() {
  return Date.now() + ahead;
}

function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export function ago(seconds) {
  return seconds < 2 ? "just now" : `${span(seconds)} ago`;
}

export function due(seconds) {
  return seconds >= 0 ? `in ${span(seconds)}` : `${span(seconds)} late`;
}

function clock(ms) {
  const at = new Date(ms);
  const today = new Date(now()).toDateString() === at.toDateString();
  return at.toLocaleString("en-GB", today ? TIME : { day: "numeric", month: "short", ...TIME });
}

function show(element) {
  const ms = Date.parse(element.dateTime);
  if (Number.isNaN(ms)) return;
  const seconds = (now() - ms) / 1000;
  const kind = element.dataset.time;
  const words = kind === "ago" ? ago(seconds) : kind === "due" ? due(-seconds) : clock(ms);
  if (element.textContent !== words) element.textContent = words;
  if (kind === "due") element.classList.toggle("late", seconds > 0);
  if (!element.title) element.title = new Date(ms).toLocaleString("en-GB");
}

// A place on a chart's axis: the time of day where the reader is.
function showMoment(element) {
  const words = new Date(Number(element.dataset.moment)).toLocaleTimeString("en-GB", TIME);
  if (element.textContent !== words) element.textContent = words;
}

export function showTimes(root = document) {
  root.querySelectorAll("[data-moment]").forEach(showMoment);
  root.querySelectorAll("time[data-time]").forEach(show);
}

export function setClock() {
  const stated = document.querySelector("[data-now]");
  if (stated) ahead = Number(stated.dataset.now) - Date.now();
}

setClock();
showTimes();
setInterval(showTimes, 5000);
