// Lays what the box has not shown yet over the page that it rendered: counts, the next line, what can be done now.

const REASONS = { not_found: "not there", damaged: "damaged", other: "another reason" };
const AFTER = { start: "start_asked", pack: "packed", ship: "shipped", handover: "handed_over" };
const OVER = ["shipped", "handed_over", "released", "withdrawn", "rejected"];

export function task() {
  return document.getElementById("task");
}

export function lines() {
  return [...document.querySelectorAll(".line")];
}

// Where a line stands, with what this handheld knows beyond the box.
export function standing(line, events) {
  const own = events.filter((event) => event.line === line.dataset.line);
  const sum = (type) => own.filter((event) => event.type === type).reduce((total, event) => total + event.qty, 0);
  const quantity = Number(line.dataset.quantity);
  const picked = Math.min(Number(line.dataset.picked) + sum("pick"), quantity);
  const short = Math.min(Number(line.dataset.short) + sum("short"), quantity - picked);
  return { quantity, picked, short, left: quantity - picked - short, own };
}

// Whether an event counts before the box has taken it. A hand-over does not: only the box can check the code.
function counts(event) {
  return AFTER[event.type] && (event.type !== "handover" || event.delivered);
}

// The state of the task once everything that counts has arrived.
export function state(events) {
  const shown = task();
  return events
    .filter((event) => event.wave === shown.dataset.task && counts(event))
    .reduce((before, event) => AFTER[event.type], shown.dataset.state);
}

export function amount(quantity, unit) {
  return unit === "gram" ? `${(quantity / 1000).toFixed(3)} kg` : `${quantity}`;
}

function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function note(line, now) {
  if (now.short) {
    const said = now.own.find((event) => event.type === "short");
    const why = said ? `: ${REASONS[said.reason]}` : "";
    return `${amount(now.short, line.dataset.unit)} missing${why}`;
  }
  return now.own.some((event) => event.type === "pick" && event.manual) ? "Picked by hand" : "";
}

function paintLine(line, now, isCurrent, canPick, time) {
  const done = now.left <= 0;
  line.classList.toggle("is-next", isCurrent);
  line.classList.toggle("is-done", done && !now.short);
  line.classList.toggle("is-short", done && now.short > 0);
  write(line.querySelector("[data-done]"), amount(now.picked, line.dataset.unit));
  write(line.querySelector("[data-note]"), note(line, now));
  show(line.querySelector("[data-actions]"), isCurrent);
  show(line.querySelector('[data-do="choose"]'), canPick && !done && !isCurrent);
  const many = line.dataset.unit === "each" && now.left > 1 ? `Picked ${now.left}` : "Picked";
  write(line.querySelector('[data-do="pick"]'), many);
  const held = now.own.find((event) => event.until && event.until > time);
  const undo = line.querySelector('[data-do="undo"]');
  show(undo, Boolean(held));
  if (held) write(undo.querySelector("span"), `Undo, ${Math.ceil((held.until - time) / 1000)} s`);
}

// The line to fetch now: the one that somebody chose, while something is left of it, else the first on the way.
let chosen = "";

export function choose(line) {
  chosen = line.id;
}

function paintTask(events, waiting) {
  const time = Date.now();
  const now = state(events);
  const canPick = now === "started";
  const all = lines().map((line) => ({ line, stands: standing(line, events) }));
  const open = canPick ? all.filter((one) => one.stands.left > 0) : [];
  const current = open.find((one) => one.line.id === chosen) || open[0];
  all.forEach((one) => paintLine(one.line, one.stands, one === current, canPick, time));
  const left = all.filter((one) => one.stands.left > 0).length;
  const picked = all.reduce((total, one) => total + one.stands.picked, 0);
  task().querySelectorAll("[data-when]").forEach((part) => {
    show(part, part.dataset.when === "over" ? OVER.includes(now) : part.dataset.when === now);
  });
  const pack = task().querySelector("[data-pack]");
  if (pack) {
    show(pack, left === 0 && picked > 0);
    const words = left ? `${left} of ${all.length} lines left: scan the next item` : "All lines done";
    write(task().querySelector("[data-left]"), picked || left ? words : "Nothing to pack: it goes elsewhere");
  }
  const own = waiting.filter((event) => event.wave === task().dataset.task);
  const checks = own.some((event) => event.type === "handover");
  show(task().querySelector("[data-waits]"), own.some(counts));
  show(task().querySelector("[data-checks]"), checks);
  if (checks) show(task().querySelector('[data-do="handover"]'), false);
  const label = task().querySelector("[data-label]");
  show(label, now === task().dataset.state);
  return current ? current.line : null;
}

// Returns the line to go to next, if the page shows a task that can be picked.
export function paint(events, waiting) {
  if (task()) return paintTask(events, waiting);
  document.querySelectorAll("[data-task]").forEach((card) => {
    const own = events.filter((event) => event.wave === card.dataset.task && counts(event));
    const gone = own.some((event) => OVER.includes(AFTER[event.type]));
    show(card.parentElement, !gone);
  });
  return null;
}
