// What is on the page: the places to go to, the one that is shown, and who is there.

import { button, byId, explain, make, sendOnEnter, timeOf } from "./dom.js";
import { showCommands } from "./terminal.js";

export class Stage {
  inbox;

  #line;
  #me;
  #act;
  #places = new Map();
  #shown;
  #inboxPlace;
  #title;
  #isAtEnd = true;

  /** @param act What it calls: `join(room)`, `leave(conversation)`. */
  constructor(line, me, act) {
    this.#line = line;
    this.#me = me;
    this.#act = act;
    this.#inboxPlace = place("Inbox", "", () => this.select(null));
    byId("places").append(this.#inboxPlace.item);
    this.#wire();
  }

  open(conversation) {
    byId("app").hidden = false;
    this.select(conversation);
  }

  add(conversation) {
    const made = place(conversation.title, conversation.track === null ? "#" : "Class", () => this.select(conversation));
    this.#places.set(conversation, made);
    byId("places").append(made.item);
  }

  remove(conversation) {
    this.#places.get(conversation).item.remove();
    this.#places.delete(conversation);
    this.select([...this.#places.keys()][0] ?? null);
  }

  /** Shows a conversation; null: the inbox. */
  select(conversation) {
    if (this.#shown) this.#shown.draft = byId("text").value;
    this.#shown = conversation;
    byId("inbox").hidden = conversation !== null;
    byId("room").hidden = byId("beside").hidden = conversation === null;
    for (const [one, { link }] of [[null, this.#inboxPlace], ...this.#places]) {
      link.ariaCurrent = one === conversation ? "page" : null;
      if (one === conversation) link.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (conversation === null) {
      this.#name("Inbox");
      byId("to").focus();
      return;
    }

    conversation.unread = 0;
    byId("room-title").textContent = conversation.title;
    byId("kind").textContent = conversation.track === null ? "A room" : "A class";
    byId("class").hidden = conversation.track === null;
    byId("completed").textContent = "";
    if (conversation.progress) byId("lesson").value = conversation.progress.next;
    byId("entries").replaceChildren(conversation.list);
    byId("text").value = conversation.draft;
    explain(byId("send"));
    this.#name(conversation.title);
    this.refresh(conversation);
    this.#scrollDown();
    byId("text").focus();
  }

  /** Shows what changed in a conversation; `event`: because of it. */
  refresh(conversation, event) {
    const { badge } = this.#places.get(conversation) ?? place("");
    if (conversation !== this.#shown) {
      if (event?.id && event.from.id !== this.#me && this.#places.has(conversation)) conversation.unread++;
      showCount(badge, conversation.unread);
      return;
    }

    showCount(badge, 0);
    byId("nothing").hidden = conversation.list.children.length > 0;
    byId("older").hidden = !conversation.hasOlder;
    conversation.progress?.show();
    this.#showMembers(conversation);
    this.#showTypists(conversation.typists.map(user => user.name ?? user.id));
    this.#keepDown(event);
  }

  showInboxCount(unread) {
    showCount(this.#inboxPlace.badge, unread);
    this.#name(this.#title);
  }

  explain(problem) { explain(byId("send"), problem); }

  #name(title) {
    this.#title = title;
    document.title = `${this.inbox?.unread ? `(${this.inbox.unread}) ` : ""}${title} · Notifier`;
  }

  // Who reads the end goes on reading it; who reads further up is not moved, but told.
  #keepDown(event) {
    if (this.#isAtEnd) this.#scrollDown();
    else if (event) byId("newer").hidden = false;
  }

  #scrollDown() {
    byId("conversation").scrollTop = byId("conversation").scrollHeight;
    this.#isAtEnd = true;
    byId("newer").hidden = true;
  }

  #showMembers({ members }) {
    byId("here").hidden = members === undefined;
    byId("head-count").textContent = members === undefined ? "" : ` · ${members.count} here`;
    const users = [...members?.users ?? []].sort((one, other) => one.id < other.id ? -1 : 1);
    byId("members").replaceChildren(...users.map(user => {
      const name = make("span", "name", user.name ?? user.id);
      if (user.id === this.#me) return make("li", "", name, make("span", "quiet", "you"));
      const write = button("link", "Write", () => {
        this.select(null);
        this.inbox.to(user.id);
      });
      write.ariaLabel = `Write to ${user.name ?? user.id}`;
      return make("li", "", name, write);
    }));
  }

  #showTypists(names) {
    const [one, two] = names;
    byId("typing").textContent = names.length === 0 ? "" : names.length === 1 ? `${one} is typing…` : names.length === 2 ? `${one} and ${two} are typing…` : `${names.length} people are typing…`;
  }

  #wire() {
    const scroller = byId("conversation");
    scroller.addEventListener("scroll", () => {
      this.#isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
      byId("newer").hidden ||= this.#isAtEnd;
    });
    new ResizeObserver(() => this.#isAtEnd && this.#scrollDown()).observe(scroller);
    byId("newer").addEventListener("click", () => this.#scrollDown());
    byId("older").addEventListener("click", () => this.#showOlder());
    byId("leave").addEventListener("click", () => this.#act.leave(this.#shown));
    byId("terminal-open").addEventListener("click", () => showCommands(this.#shown.room, this.#me));
    byId("send").addEventListener("submit", submitted => this.#send(submitted));
    byId("text").addEventListener("input", () => this.#line.typing(this.#shown.room, byId("text").value !== ""));
    byId("complete").addEventListener("submit", submitted => this.#complete(submitted));
    byId("join").addEventListener("submit", submitted => this.#join(submitted));
    byId("joiner").addEventListener("toggle", () => byId("joiner").open && this.#showRooms());
    sendOnEnter(byId("text"));
  }

  async #showOlder() {
    const scroller = byId("conversation");
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    this.#isAtEnd = false;
    try {
      await this.#shown.loadOlder();
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
      byId("newer").hidden = true;
    } catch (problem) {
      this.explain(problem);
    }
  }

  #send(submitted) {
    submitted.preventDefault();
    const field = byId("text");
    const text = field.value;
    const conversation = this.#shown;
    field.focus();
    if (!text.trim()) return;
    field.value = "";
    this.#line.typing(conversation.room, false);
    this.#isAtEnd = true;
    conversation.say(text, (problem, back = "") => {
      if (conversation !== this.#shown) return;
      explain(byId("send"), problem ?? undefined);
      field.value ||= back;
    });
  }

  async #complete(submitted) {
    submitted.preventDefault();
    const lesson = byId("lesson").value.trim();
    const { track, progress } = this.#shown;
    try {
      if (!lesson) throw Object.assign(new Error("A lesson is missing."), { errors: { lesson: ["is missing"] } });
      const { status, at } = await this.#line.completeLesson(track, lesson);
      explain(byId("complete"));
      byId("completed").replaceChildren(...status === 201 ? [`Completed ${lesson}.`] : [`You had completed ${lesson} at `, timeOf(at), "."]);
      progress.done(lesson);
      byId("lesson").value = progress.next;
    } catch (problem) {
      byId("completed").textContent = "";
      explain(byId("complete"), problem);
    }
  }

  async #join(submitted) {
    submitted.preventDefault();
    const { kind, room } = byId("join").elements;
    try {
      await this.#act.join(kind.value + room.value.trim());
      explain(byId("join"));
      room.value = "";
      byId("joiner").open = false;
    } catch (problem) {
      explain(byId("join"), problem);
    }
  }

  async #showRooms() {
    byId("join-room").focus();
    try {
      const { rooms } = await this.#line.rooms();
      const others = rooms.filter(({ room }) => ![...this.#places.keys()].some(conversation => conversation.room === room)).slice(0, 8);
      byId("rooms-now").replaceChildren(...others.map(({ room, count }) => make("li", "", button("link", room, () => {
        byId("joiner").open = false;
        this.#act.join(room).catch(problem => explain(byId("join"), problem));
      }), make("span", "quiet", `${count} here`))));
    } catch (problem) {
      explain(byId("join"), problem);
    }
  }
}

function place(name, kind, go) {
  const badge = make("span", "badge");
  badge.hidden = true;
  const link = button("place", make("span", "name", name), go);
  if (kind) link.prepend(make("span", "quiet", kind));
  link.append(badge);
  return { item: make("li", "", link), link, badge };
}

function showCount(badge, unread) {
  badge.hidden = unread === 0;
  badge.textContent = unread > 99 ? "99+" : unread;
  badge.ariaLabel = `${unread} unread`;
  badge.role = "status";
}
