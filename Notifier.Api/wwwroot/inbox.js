// What is for the user alone: private messages of both directions and notifications, and how many of them are unread.

import { byId, explain, make, orderOf, sendOnEnter, tick, timeOf } from "./dom.js";

export class Inbox {
  unread = 0;

  #line;
  #me;
  #changed;
  #newest;
  #seen = new Set();

  constructor(line, me, changed) {
    this.#line = line;
    this.#me = me;
    this.#changed = changed;
    sendOnEnter(byId("letter"));
    byId("write").addEventListener("submit", submitted => this.#write(submitted));
    byId("read-all").addEventListener("click", () => this.#markRead());
  }

  /** Loads what was there, and the state of reading that all of the user's devices share. */
  async load() {
    const { events, unread, readUpTo } = await this.#line.inbox({ limit: 50 });
    for (const event of events) this.#place(event);
    this.#read(readUpTo);
    this.unread = unread;
    this.#show();
  }

  /** True where an event of the user's topic was its to show. */
  hear(event) {
    if (event.type === "notifications:read") {
      this.load().catch(problem => explain(byId("write"), problem));
      return;
    }

    if (event.type !== "private-message" && event.type !== "notification") return;
    if (!this.#place(event)) return;
    if (event.from.id !== this.#me) this.unread++;
    this.#show();
  }

  to(user) {
    byId("to").value = user;
    byId("letter").focus();
  }

  #place(event) {
    if (this.#seen.has(event.id)) return false;
    this.#seen.add(event.id);
    const isOwn = event.from.id === this.#me;
    const { type, from, data, at } = event;
    const name = from.name ?? from.id;
    const who = type === "notification" ? "Notification" : isOwn ? `To ${data.to?.id}` : `From ${name}`;
    const words = type === "notification" ? [make("strong", "", data.title ?? ""), data.title && data.message ? " " : "", data.message ?? ""] : [data.text];
    const letter = make("li", `letter${isOwn ? " own" : " new"}`, make("p", "who", make("strong", "", who), timeOf(at), ...(isOwn ? [tick()] : [])), make("p", "text", ...words));
    letter.dataset.order = orderOf(event.id);
    const next = [...byId("letters").children].find(other => other.dataset.order < letter.dataset.order);
    byId("letters").insertBefore(letter, next ?? null);
    if (!isOwn && (!this.#newest || orderOf(event.id) > orderOf(this.#newest))) this.#newest = event.id;
    return true;
  }

  #read(upTo) {
    if (!upTo) return;
    for (const letter of byId("letters").children) if (letter.dataset.order <= orderOf(upTo)) letter.classList.remove("new");
  }

  #show() {
    byId("no-letters").hidden = this.#seen.size > 0;
    byId("read-all").hidden = this.unread === 0;
    this.#changed();
  }

  async #markRead() {
    const upTo = this.#newest;
    try {
      await this.#line.markRead(upTo);
      await this.load();
    } catch (problem) {
      explain(byId("write"), problem);
    }
  }

  async #write(submitted) {
    submitted.preventDefault();
    const [to, text] = [byId("to").value.trim(), byId("letter").value];
    const missing = [["user", to], ["text", text.trim()]].filter(([, value]) => !value);
    try {
      if (missing.length > 0) throw Object.assign(new Error(), { message: "Something is missing.", errors: Object.fromEntries(missing.map(([name]) => [name, ["is missing"]])) });
      await this.#line.sendPrivate(to, text);
      byId("letter").value = "";
      byId("letter").focus();
      explain(byId("write"));
    } catch (problem) {
      explain(byId("write"), problem);
    }
  }
}
