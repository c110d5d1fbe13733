// One room: its history above, what happens below, and what was sent from here until it is stored.

import { brief, make, orderOf, tick, timeOf, button } from "./dom.js";
import { Progress, count } from "./progress.js";

const LAST = "~";

export class Conversation {
  /** What it shows; the page puts it on stage. */
  list = make("ol", "entries");
  members = undefined;
  typists = [];
  unread = 0;
  draft = "";

  #line;
  #me;
  #seen = new Set();
  #pending = new Map();
  #older = null;

  constructor(room, line, me, changed) {
    this.room = room;
    this.topic = `room:${room}`;
    this.track = room.startsWith("class:") ? room.slice("class:".length) : null;
    this.progress = this.track === null ? null : new Progress(me);
    this.title = this.track ?? room;
    this.changed = changed;
    this.#line = line;
    this.#me = me;
    this.list.role = "log";
    this.list.ariaLabel = "Events";
  }

  get hasOlder() { return this.#older !== null; }

  /** Loads the newest of its history; returns the id to go on from. */
  async load() {
    this.list.ariaBusy = "true";
    const { events, before, after } = await this.#line.history(this.room, { limit: 100 });
    for (const event of events) this.show(event);
    this.#older ??= before;
    this.list.ariaBusy = "false";
    if (this.track !== null) this.progress.load((await this.#line.progress(this.track)).learners);
    this.changed();
    return after;
  }

  async loadOlder() {
    const { events, before } = await this.#line.history(this.room, { limit: 100, before: this.#older });
    this.#older = before;
    for (const event of events) this.show(event);
    this.changed();
  }

  /** Shows an event, once. */
  show(event) {
    // An id is unique in its topic alone, and what is for all is shown in every room.
    const name = `${event.topic} ${event.id}`;
    if (event.id && this.#seen.has(name)) return;
    if (event.id) this.#seen.add(name);
    if (event.type === "progress:updated" && event.data?.trackId === this.track) this.progress.advance(event.data.userId, event.data.completedLessons, [event.data.lessonId]);

    const own = event.from.id === this.#me && this.#pending.get(event.clientMessageId);
    if (own) this.#settle(own, event.clientMessageId, event.id);
    else this.#place(this.#entryOf(event), orderOf(event.id ?? `${Date.parse(event.at)}-0`));
    this.changed(event);
  }

  gap({ after, reason }) {
    const words = reason === "trimmed" ? "You were away longer than events are kept; some are missing here." : "The log began anew; some events may be missing here.";
    const entry = note("Missed some", words);
    entry.classList.add("gap");
    this.#place(entry, `${orderOf(after)}${LAST}`);
    this.changed();
  }

  /** Shows a message at once, and ticks it when it is stored. */
  say(text, failed) {
    const id = crypto.randomUUID?.() ?? `${Date.now()}.${Math.random()}`;
    const entry = this.#bubble({ from: { id: this.#me }, at: new Date().toISOString(), data: { text } });
    this.#pending.set(id, entry);
    this.#place(entry, LAST);
    this.changed();
    this.#send(entry, id, text, failed);
  }

  async #send(entry, id, text, failed) {
    const mark = entry.querySelector(".mark");
    mark.replaceChildren("sending");
    try {
      // The id is the command's key as well, so that a second attempt is safe, whatever became of the first.
      this.#settle(entry, id, (await this.#line.send(this.room, text, { clientMessageId: id })).id);
      failed(null);
    } catch (problem) {
      if (!this.#pending.has(id)) return;
      const isMine = problem.status === 400 || problem.status === 413;
      failed(problem, isMine ? text : "");
      if (isMine) {
        this.#pending.delete(id);
        entry.remove();
        this.changed();
      } else {
        mark.replaceChildren(button("link", "Not sent. Try again", () => this.#send(entry, id, text, failed)));
      }
    }
  }

  #settle(entry, id, storedAs) {
    this.#pending.delete(id);
    this.#seen.add(`${this.topic} ${storedAs}`);
    entry.querySelector(".mark").replaceChildren(tick());
    this.#place(entry, orderOf(storedAs));
  }

  /** Puts an entry where its order says, whichever of answer, event and history brought it first. */
  #place(entry, order) {
    entry.dataset.order = order;
    let next = null;
    for (let other = this.list.lastElementChild; other && (other === entry || other.dataset.order > order); other = other.previousElementSibling) {
      if (other !== entry) next = other;
    }

    if (!entry.isConnected || entry.nextElementSibling !== next) this.list.insertBefore(entry, next);
    for (const one of [entry, entry.nextElementSibling]) {
      one?.classList.toggle("follows", Boolean(one.dataset.from) && one.dataset.from === one.previousElementSibling?.dataset.from);
    }
  }

  #bubble({ id, from, at, data }) {
    const isOwn = from.id === this.#me;
    const who = make("p", "who", make("strong", "", from.name ?? from.id), timeOf(at));
    const entry = make("li", `bubble${isOwn ? " own" : ""}`, who, make("p", "text", data.text), make("span", "mark", ...(id && isOwn ? [tick()] : [])));
    entry.dataset.from = from.id;
    return entry;
  }

  #entryOf(event) {
    const { type, topic, from, data, at } = event;
    const who = make("strong", "", from.name ?? from.id);
    if (type === "message" && typeof data?.text === "string") return this.#bubble(event);
    if (type === "progress:updated" && data?.userId) {
      return note("Progress", make("strong", "", data.userId), ` completed ${data.lessonId}: ${count(data.completedLessons)}`, timeOf(at));
    }

    return note(topic === "all" ? "To everyone" : type, who, " ", brief(data), timeOf(at));
  }
}

const note = (kind, ...words) => make("li", "note", make("span", "kind", kind), make("p", "text", ...words));
