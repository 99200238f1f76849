// The handheld: scans and taps become events, the page shows them at once, and the box hears of them as soon as it can.
import "./theme.js";
import { listen, read } from "./scanner.js";
import { no, yes } from "./sound.js";
import { ask, HOLD_MS, Sync } from "./sync.js";
import { newKey, Outbox } from "./outbox.js";
import { setClock, showTimes } from "./times.js";
import * as view from "./view.js";

const content = document.getElementById("content");
const shout = document.getElementById("shout");
const said = document.getElementById("said");
const chip = document.getElementById("sync");
const refusals = document.getElementById("refused");
const missing = document.getElementById("missing");
const person = document.getElementById("person");

const outbox = new Outbox();
const sync = new Sync(outbox, refresh, paint);

function stored(name, make) {
  try {
    const value = localStorage.getItem(name);
    if (value !== null || !make) return value || "";
    localStorage.setItem(name, make());
    return localStorage.getItem(name);
  } catch (error) {
    return make ? make() : "";
  }
}

const device = stored("tillway-device", () => `HH-${newKey().slice(0, 6).toUpperCase()}`);

// What is said aloud, and what is shouted.

function complain(title, advice) {
  no();
  shout.textContent = advice ? `${title}. ${advice}` : title;
  shout.hidden = false;
}

function calm() {
  shout.hidden = true;
}

function tell(words) {
  said.textContent = words;
}

// The page.

let lastNext = "";
function paint() {
  const next = view.paint(sync.overlay, outbox.events);
  const id = next ? next.id : "";
  if (id && id !== lastNext) next.scrollIntoView({ block: "center" });
  lastNext = id;
  paintChip();
  paintRefusals();
}

function paintChip() {
  const waiting = outbox.events.length;
  const count = waiting ? `${waiting} waiting` : "";
  let state = "saved";
  let words = "Saved";
  if (!sync.online) {
    state = "offline";
    words = count ? `Offline - ${count}` : "Offline";
  } else if (waiting) {
    state = "waiting";
    words = count;
  }
  if (chip.dataset.state !== state) chip.dataset.state = state;
  const text = document.getElementById("sync-words");
  if (text.textContent !== words) text.textContent = words;
}

function paintRefusals() {
  const shown = [...refusals.querySelectorAll(".refusal")].map((row) => row.dataset.key).join();
  if (shown === outbox.refused.map((refusal) => refusal.key).join()) return;
  refusals.replaceChildren(
    ...outbox.refused.map((refusal) => {
      const row = document.createElement("div");
      row.className = "refusal";
      row.dataset.key = refusal.key;
      row.setAttribute("role", "alert");
      const title = document.createElement("p");
      title.className = "strong";
      title.textContent = `Needs you: ${refusal.name || refusal.type}`;
      const reason = document.createElement("p");
      reason.textContent = refusal.refusal;
      const seen = document.createElement("button");
      seen.className = "button big";
      seen.type = "button";
      seen.textContent = "Seen";
      seen.addEventListener("click", async () => {
        await outbox.dismiss(refusal.key);
        paintRefusals();
      });
      row.append(title, reason, seen);
      return row;
    }),
  );
  refusals.hidden = !outbox.refused.length;
  if (outbox.refused.length) no();
}

// Fields keep what was typed into them, and the focus stays where it is, when the box's newer page comes.
function replace(html) {
  const typed = new Map();
  content.querySelectorAll("[data-typing][id]").forEach((field) => {
    typed.set(field.id, field.type === "checkbox" ? field.checked : field.value);
  });
  const focused = document.activeElement ? document.activeElement.id : "";
  const parsed = new DOMParser().parseFromString(html, "text/html");
  content.replaceChildren(...parsed.body.childNodes);
  view.paint(sync.overlay, outbox.events); // what is hidden cannot have the focus
  typed.forEach((value, id) => {
    const field = document.getElementById(id);
    if (!field) return;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  });
  const back = focused && focused !== "wedge" ? document.getElementById(focused) : null;
  if (back && back !== document.activeElement) back.focus({ preventScroll: true });
}

async function load(path, tag) {
  const response = await ask(`${path}?part=1`, { headers: tag ? { "If-None-Match": tag } : {} });
  const html = await response.text();
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  if (response.headers.has("X-Now")) document.body.dataset.now = response.headers.get("X-Now");
  return { found: response.ok, html, tag: response.headers.get("ETag") };
}

async function refresh() {
  const path = location.pathname;
  const page = await load(path, content.dataset.tag);
  if (page.found && path === location.pathname) {
    replace(page.html);
    content.dataset.tag = page.tag;
  }
  setClock();
  showTimes();
}

// Pages change without leaving the document: a link that fails while the box is away would lose the page.
let shown = location.pathname;
async function go(path, remember) {
  try {
    const page = await load(path, "");
    if (!page.found) {
      complain("There is no such pick list", "It may be finished, or went elsewhere.");
      return;
    }
    if (remember) history.pushState(null, "", path);
    shown = path;
    content.replaceChildren();
    replace(page.html);
    content.dataset.tag = page.tag;
    document.body.dataset.page = path === "/handheld" ? "list" : "task";
    document.title = content.querySelector("h1").textContent;
    lastNext = "";
    calm();
    window.scrollTo(0, 0);
    content.focus({ preventScroll: true });
    setClock();
    showTimes();
    paint();
  } catch (error) {
    if (!remember) history.pushState(null, "", shown);
    complain("The box does not answer", "Stay on this page: what you do is kept.");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="/handheld"]');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(link.getAttribute("href"), true);
});
window.addEventListener("popstate", () => go(location.pathname, false));

// Events.

async function happened(event) {
  const kept = outbox.add({ device, user: stored("tillway-person"), wave: view.task().dataset.task, ...event });
  paint();
  await kept;
  if (!outbox.durable) complain("This device cannot keep anything", "Stay where the box answers, and reload no page.");
  if (event.until) sync.plan();
  else sync.run();
}

function pick(line, quantity, more) {
  calm();
  yes();
  const name = line.dataset.name;
  happened({ type: "pick", line: line.dataset.line, qty: quantity, name: `pick of ${name}`, ...more });
  const now = view.standing(line, sync.overlay);
  tell(`${name}: ${view.amount(now.picked, line.dataset.unit)} of ${view.amount(now.quantity, line.dataset.unit)}`);
}

const WAIT = {
  accepted: "The centre has not assigned the order yet",
  assigned: "The start is not asked for yet",
  start_asked: "Wait: the start is not confirmed yet",
  packed: "This order is packed already",
};

function scanned(code) {
  const scan = read(code);
  if (missing.open) missing.close("");
  const list = document.querySelector(`[data-code="${CSS.escape(scan.text.toUpperCase())}"]`);
  if (list) {
    if (list.id === "task") tell("This is the pick list that is open");
    else go(list.getAttribute("href"), true);
    return;
  }
  if (!view.task()) {
    complain(`No pick list has the code ${scan.text}`, "Open one first.");
    return;
  }
  const now = view.state(sync.overlay);
  if (now === "packed" && fill(scan.text)) return;
  if (now !== "started") {
    complain(WAIT[now] || "Nothing is left to do here");
    return;
  }
  if (scan.misread) {
    complain(`${scan.text} was misread`, "Scan it again.");
    return;
  }
  const wanted = view.lines().filter((line) => isIt(line, scan));
  if (!wanted.length) {
    complain(`${scan.text} is not on this list`, "Put it back, and scan an item of the list.");
    return;
  }
  const line = wanted.find((each) => view.standing(each, sync.overlay).left > 0);
  if (!line) {
    complain(`${wanted[0].dataset.name} is complete`, "Put this one back.");
    return;
  }
  const left = view.standing(line, sync.overlay).left;
  pick(line, line.dataset.unit === "gram" ? left : 1, { code: scan.text, manual: false });
}

// Once it is packed, a scan is the carrier's label or the customer's code.
function fill(text) {
  const field = document.getElementById("tracking") || document.getElementById("collect");
  if (!field) return false;
  field.value = text;
  calm();
  yes();
  field.form.querySelector(".button-primary").focus();
  return true;
}

function isIt(line, scan) {
  if (line.dataset.sku === scan.text) return true;
  return scan.gtin !== "" && line.dataset.codes.split(" ").includes(scan.gtin);
}

// Taps.

const TAPS = {
  start() {
    happened({ type: "start", name: "start without paper" });
    tell("Start asked for");
  },
  pick(line) {
    const left = view.standing(line, sync.overlay).left;
    pick(line, left, { code: "", manual: true, until: Date.now() + HOLD_MS });
  },
  choose(line) {
    view.choose(line);
    paint();
    line.querySelector('[data-do="pick"]').focus();
  },
  missing(line) {
    document.getElementById("missing-item").textContent = line.dataset.name;
    missing.dataset.line = line.id;
    missing.returnValue = "";
    missing.showModal();
  },
  async undo(line) {
    const now = Date.now();
    const keys = view.standing(line, outbox.events).own.filter((event) => event.until > now).map((event) => event.key);
    await outbox.remove(keys);
    tell("Undone");
    paint();
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) TAPS[button.dataset.do](button.closest(".line"));
  const step = event.target.closest("[data-step]");
  if (step) {
    const field = document.getElementById("packages");
    field.value = Math.min(Math.max(Number(field.value || 1) + Number(step.dataset.step), 1), Number(field.max));
  }
});

missing.addEventListener("close", () => {
  const line = document.getElementById(missing.dataset.line);
  if (!missing.returnValue || !line) return;
  const left = view.standing(line, sync.overlay).left;
  calm();
  happened({
    type: "short",
    line: line.dataset.line,
    qty: left,
    reason: missing.returnValue,
    name: `missing ${line.dataset.name}`,
    until: Date.now() + HOLD_MS,
  });
  tell(`${line.dataset.name} is missing`);
});

function value(id) {
  const field = document.getElementById(id);
  return field ? field.value.trim() : "";
}

const FORMS = {
  async pack() {
    await outbox.release(view.task().dataset.task);
    happened({ type: "pack", packages: Number(value("packages")) || 1, name: "pack" });
    tell("Packed");
  },
  ship() {
    happened({ type: "ship", carrier: value("carrier"), tracking: value("tracking"), name: "shipment" });
    tell("Shipped");
  },
  handover() {
    happened({ type: "handover", collect_code: value("collect"), name: "hand-over" });
    tell("The box checks the code");
  },
};

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-do]");
  if (!form) return;
  event.preventDefault();
  calm();
  yes();
  FORMS[form.dataset.do]();
});

// A scanner ends what it types with Enter: in a field that goes on to the button, so that nothing leaves by accident.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement) || !event.target.closest("form[data-do]")) return;
  event.preventDefault();
  event.target.form.querySelector(".button-primary").focus();
});

document.getElementById("who").addEventListener("click", () => {
  document.getElementById("person-name").value = stored("tillway-person");
  person.returnValue = "";
  person.showModal();
});

person.addEventListener("close", () => {
  if (person.returnValue !== "save") return;
  try {
    localStorage.setItem("tillway-person", value("person-name"));
  } catch (error) {
    complain("This device cannot keep your name");
  }
});

window.addEventListener("online", () => sync.run());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) sync.run();
});
setInterval(() => {
  if (outbox.events.some((event) => event.until > Date.now())) paint();
}, 1000);

listen(scanned, () => complain("The scan was interrupted", "Scan it again."));
paint();
outbox.load().then(() => {
  paint();
  sync.run();
  document.documentElement.dataset.ready = "true";
});
