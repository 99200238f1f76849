// One stream of events a tab: it says what changed, and the page asks for itself again when it shows that.
// A hidden tab lets its stream go, because a browser has only six connections to a host. Without a stream the page asks
// every 15 seconds, and says since when what it shows is true.

const FALLBACK_MS = 15000;

const chip = document.getElementById("live");
const words = document.getElementById("live-words");
let source = null;
let shownAt = new Date();
let asking = false;

function say(state, text) {
  chip.dataset.state = state;
  if (words.textContent !== text) words.textContent = text;
}

function stale() {
  say("away", `As of ${shownAt.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`);
}

function busy() {
  // A page is not pulled away from under somebody who marks text in it.
  const marked = document.getSelection();
  return asking || (marked && !marked.isCollapsed && document.getElementById("page").contains(marked.anchorNode));
}

async function refresh() {
  if (busy()) return;
  asking = true;
  try {
    await window.htmx.ajax("GET", location.pathname + location.search, {
      source: "#content",
      target: "#page",
      select: "#page",
      swap: "outerHTML show:none focus-scroll:false",
    });
  } finally {
    asking = false;
  }
}

function shows(topics) {
  const own = (document.getElementById("page").dataset.topics || "").split(" ");
  return topics.some((topic) => own.includes(topic));
}

let first = true;
function heard(event) {
  const { state, topics } = JSON.parse(event.data);
  if (state === "away") {
    stale();
    return;
  }
  say("live", "Live");
  if (!first && (shows(topics) || topics.includes("attention"))) refresh();
  first = false;
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource("/console/events");
  source.addEventListener("pulse", heard);
  source.addEventListener("error", stale);
}

function disconnect() {
  if (source) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    disconnect();
  } else {
    connect();
    refresh();
  }
});
window.addEventListener("pagehide", disconnect);
window.addEventListener("pageshow", connect);

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) shownAt = new Date();
  else stale();
});

setInterval(() => {
  if (!document.hidden && chip.dataset.state !== "live") refresh();
}, FALLBACK_MS);

connect();
