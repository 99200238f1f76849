// Keeps the box and this handheld together: sends what waits, asks for what is new. On every change, when the network
// comes back, and every 5 seconds; while the box does not answer, less and less often down to every 15.

const EVERY_MS = 5000;
const LONGEST_MS = 15000;
const TIMEOUT_MS = 4000;
const BATCH = 50;
export const HOLD_MS = 10000;

const OWN_FIELDS = ["order", "until", "name"];

export async function ask(url, options) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
  try {
    return await fetch(url, { cache: "no-store", credentials: "same-origin", ...options, signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

function onTheWire(event) {
  const sent = { ...event };
  OWN_FIELDS.forEach((field) => delete sent[field]);
  return sent;
}

export class Sync {
  // `refresh` asks for the page; `changed` is called whenever there is something to show.
  constructor(outbox, refresh, changed) {
    this.outbox = outbox;
    this.refresh = refresh;
    this.changed = changed;
    this.delivered = [];
    this.online = true;
    this.complaint = "";
    this.failures = 0;
    this.running = false;
    this.again = false;
    this.timer = 0;
  }

  // What the box may not have shown on its page yet.
  get overlay() {
    return this.delivered.concat(this.outbox.events);
  }

  async run() {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    do {
      this.again = false;
      try {
        await this.flush();
        const before = this.delivered.length;
        await this.refresh();
        // The page that came was asked for after these were taken: it has them.
        this.delivered.splice(0, before);
        this.online = true;
        this.failures = 0;
      } catch (error) {
        this.online = false;
        this.failures += 1;
      }
      this.changed();
    } while (this.again);
    this.running = false;
    this.plan();
  }

  plan() {
    const pauses = [Math.min(EVERY_MS * (this.failures + 1), LONGEST_MS)];
    const now = Date.now();
    this.outbox.events.forEach((event) => {
      if (event.until > now) pauses.push(event.until - now);
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), Math.max(50, Math.min(...pauses)));
  }

  async flush() {
    for (;;) {
      const batch = this.outbox.due(Date.now(), HOLD_MS).slice(0, BATCH);
      if (!batch.length) return;
      const response = await ask("/edge/events", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(batch.map(onTheWire)),
      });
      if (!response.ok) {
        this.complaint = response.status < 500 ? `The box does not take what this handheld sends (${response.status}).` : "";
        throw new Error(`status ${response.status}`);
      }
      this.complaint = "";
      await this.hear(batch, await response.json());
    }
  }

  async hear(batch, answers) {
    const answered = new Map(answers.map((answer) => [answer.key, answer]));
    const known = batch.filter((event) => answered.has(event.key));
    if (!known.length) throw new Error("no answer");
    for (const event of known) {
      const answer = answered.get(event.key);
      if (answer.accepted) this.delivered.push({ ...event, delivered: true });
      else await this.outbox.refuse(event, answer.reason);
    }
    await this.outbox.remove(known.map((event) => event.key));
    this.changed();
  }
}
