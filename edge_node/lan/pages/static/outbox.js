// What staff did and the box has not answered yet, kept in IndexedDB, in the order in which it was done.
// Where there is no IndexedDB (a private window) it is kept in memory only, and `durable` says so.

const DATABASE = "tillway-handheld";
const EVENTS = "events";
const REFUSED = "refused";

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(EVENTS, { keyPath: "key" });
    request.result.createObjectStore(REFUSED, { keyPath: "key" });
  };
  return settled(request);
}

// 128 random bits in hexadecimal; crypto.randomUUID needs a secure context, which a store's network is not.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  constructor() {
    this.events = [];
    this.refused = [];
    this.durable = true;
    this.database = null;
    this.last = 0;
  }

  async load() {
    try {
      this.database = await open();
      const transaction = this.database.transaction([EVENTS, REFUSED]);
      const kept = await settled(transaction.objectStore(EVENTS).getAll());
      this.refused = await settled(transaction.objectStore(REFUSED).getAll());
      // What was scanned while this was loading comes after what was kept.
      this.events = kept.sort((one, other) => one.order - other.order).concat(this.events);
    } catch (error) {
      this.durable = false;
    }
  }

  // Resolves when the event is on this device's disk; it counts from the moment of the call.
  async add(event) {
    this.last = Math.max(this.last + 1, Date.now() * 1000);
    const kept = { ...event, key: newKey(), at: Date.now(), order: this.last };
    this.events.push(kept);
    await this.write(EVENTS, (store) => store.put(kept));
    return kept;
  }

  async remove(keys) {
    this.events = this.events.filter((event) => !keys.includes(event.key));
    await this.write(EVENTS, (store) => keys.map((key) => store.delete(key)).pop());
  }

  // A held event may be undone until its time; a device clock that was put back does not hold it longer than agreed.
  due(now, holdMs) {
    return this.events.filter((event) => !event.until || event.until <= now || event.until > now + holdMs);
  }

  async release(task) {
    const held = this.events.filter((event) => event.wave === task && event.until);
    held.forEach((event) => {
      event.until = 0;
    });
    await this.write(EVENTS, (store) => held.map((event) => store.put(event)).pop());
  }

  async refuse(event, reason) {
    const refusal = { ...event, refusal: reason };
    this.refused.push(refusal);
    await this.write(REFUSED, (store) => store.put(refusal));
  }

  async dismiss(key) {
    this.refused = this.refused.filter((refusal) => refusal.key !== key);
    await this.write(REFUSED, (store) => store.delete(key));
  }

  async write(name, work) {
    if (!this.database) return;
    try {
      const transaction = this.database.transaction(name, "readwrite");
      const request = work(transaction.objectStore(name));
      if (!request) return;
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
      });
    } catch (error) {
      this.durable = false;
    }
  }
}
