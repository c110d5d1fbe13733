// The demo page. Its address is its state: /?as=ada&room=general&room=class:algebra.

import { Problem, connect } from "./notifier.js";
import { Conversation } from "./conversation.js";
import { byId, explain } from "./dom.js";
import { Inbox } from "./inbox.js";
import { wireSelfCheck } from "./self-check.js";
import { Stage } from "./stage.js";
import { Status, wireSwitch } from "./status.js";

const address = new URLSearchParams(location.search);
const me = address.get("as") ?? "";
const rooms = [...new Set(address.getAll("room").filter(Boolean))];

/** Who and where, for a page whose address does not say, or says what cannot be. */
function start(problem) {
  const form = byId("enter");
  const { as: name, room, kind } = form.elements;
  const [first = ""] = rooms;
  byId("start").hidden = false;
  wireSelfCheck();
  name.value = me;
  room.value = first.replace(/^class:/, "");
  kind.value = first.startsWith("class:") ? "class:" : "";
  form.addEventListener("submit", submitted => {
    submitted.preventDefault();
    const missing = [name, room].filter(input => !input.value.trim());
    if (missing.length > 0) return explain(form, new Problem("", { errors: Object.fromEntries(missing.map(input => [input.name, ["is missing"]])) }));
    location.search = addressOf(name.value.trim(), [kind.value + room.value.trim()]);
  });
  (me ? room : name).focus();
  if (problem) explain(form, problem);
}

function addressOf(user, names) {
  const query = new URLSearchParams({ as: user });
  for (const name of names) query.append("room", name);
  return `?${query}`.replaceAll("%3A", ":");
}

async function run() {
  const status = new Status();
  const conversations = new Map();
  const line = connect({
    query: { as: me },
    onState: state => status.show(state),
    onEvent: event => hear(event),
    onGap: gap => {
      status.missed();
      const conversation = conversations.get(gap.topic);
      conversation?.gap(gap);
      // What is left is told by the stream; the rest of what this page shows is state, which is read again.
      if (conversation?.track) conversation.load().catch(problem => stage.explain(problem));
      else if (!conversation) inbox.load().catch(problem => stage.explain(problem));
    },
    onPresence: ({ topic, count, users }) => update(topic, { members: { count, users } }),
    onTyping: ({ topic, users }) => update(topic, { typists: users }),
  });
  const stage = new Stage(line, me, { join, leave });
  const inbox = new Inbox(line, me, () => stage.showInboxCount(inbox.unread));
  stage.inbox = inbox;
  wireSwitch(line);

  function update(topic, what) {
    const conversation = conversations.get(topic);
    if (conversation) stage.refresh(Object.assign(conversation, what));
  }

  function hear(event) {
    // To the user, what the room tells as well comes on whichever of the two is first.
    const conversation = conversations.get(event.topic) ?? conversations.get(`room:class:${event.data?.trackId}`);
    if (conversation) conversation.show(event);
    else if (event.topic === "all") for (const one of conversations.values()) one.show(event);
    else inbox.hear(event);
  }

  /** The history first, and the stream from its end: nothing lies between. */
  async function load(room) {
    const conversation = new Conversation(room, line, me, event => stage.refresh(conversation, event));
    return { conversation, last: await conversation.load() };
  }

  async function enter({ conversation, last }) {
    conversations.set(conversation.topic, conversation);
    stage.add(conversation);
    const joined = line.join(last ? `${conversation.topic}@${last}` : conversation.topic);

    // After an empty history there is no id to go on from: what was written before the stream began is read now.
    if (await joined && !last) await conversation.load();
  }

  async function join(room) {
    const known = conversations.get(`room:${room}`);
    if (known) return stage.select(known);
    const loaded = await load(room);
    enter(loaded).catch(problem => stage.explain(problem));
    stage.select(loaded.conversation);
    remember();
  }

  function leave(conversation) {
    line.leave(conversation.topic);
    conversations.delete(conversation.topic);
    stage.remove(conversation);
    remember();
  }

  function remember() {
    history.replaceState(null, "", addressOf(me, [...conversations.values()].map(conversation => conversation.room)));
  }

  byId("me").textContent = me;
  let loaded;
  try {
    loaded = await Promise.all(rooms.map(load));
  } catch (problem) {
    line.close();
    return start(problem);
  }

  // All in one turn, so that one stream carries all from its first moment.
  const joined = [...loaded.map(enter), line.join("user:me").then(() => inbox.load()), line.join("all")];
  stage.open(loaded[0].conversation);
  await Promise.all(joined).catch(problem => stage.explain(problem));
}

if (!me || rooms.length === 0) start();
else run();
