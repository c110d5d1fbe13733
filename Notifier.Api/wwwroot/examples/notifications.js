// Live notifications: posts that are created, changed and deleted appear in every window; whoever is here is told, on all their devices.
//
// Of the contract it uses
//   POST /api/publish           one batch, as a back end would send it: `post:created` to everyone, and a `notification` to each reader's own topic
//   GET  /api/events            one stream for `all`, `user:me` and the room whose members are "who is here" (presence); resumed by itself after a cut
//   the same, asked for JSON    what `all` still holds, for a window that opens later (`since=all`)
//   GET, POST …/notifications   the inbox and how far it is read: one state for all of a user's devices, told as `notifications:read`
//
// With Socket.IO it would have been io.emit and io.to(user).emit, and then, of one's own: a table of posts' events for who opens later, an inbox
// with its read state, a store to find out what a client missed while it was away, and an adapter for a second instance.
//
// Sending takes the role `publisher`, which in Development every guest has. Elsewhere a back end sends, and this page connects with `getToken`.

import { connect } from "../notifier.js";

const POSTS = "post:created,post:updated,post:deleted";
const SAYS = { "post:created": "New post", "post:updated": "Changed post", "post:deleted": "Deleted post" };
const STATES = { connecting: "Connecting", open: "Live", waiting: "Coming back", paused: "Asleep", closed: "Ended" };
const TOAST_MS = 6000;

const byId = id => document.getElementById(id);
const explain = problem => byId("error").textContent = problem?.message ?? "";
const make = (tag, className, ...children) => {
  const made = Object.assign(document.createElement(tag), { className });
  made.append(...children);
  return made;
};
const button = (words, name, act) => {
  const made = make("button", "link", words);
  made.ariaLabel = name;
  made.addEventListener("click", act);
  return made;
};

/** An id as text that sorts: both of its numbers grow. */
const orderOf = id => id.split("-").map(number => number.padStart(16, "0")).join("-");

// ---- Posts: of each the newest event counts, in whatever order events come ----

const posts = new Map();
let editing;

function showPost(event) {
  const { id, title } = event.data;
  const known = posts.get(id);
  if (known && orderOf(known.event.id) >= orderOf(event.id)) return;
  const line = known?.line ?? make("li", "");
  posts.set(id, { event, line });
  if (event.type === "post:deleted") return line.remove();
  const edit = () => {
    editing = id;
    byId("title").value = title;
    byId("publish").textContent = "Save";
    byId("title").focus();
  };
  const by = event.from.name ?? event.from.id;
  const about = make("span", "quiet", event.type === "post:updated" ? `changed by ${by}` : `by ${by}`);
  line.replaceChildren(make("span", "text", title), about, button("Edit", `Edit ${title}`, edit), button("Delete", `Delete ${title}`, () => publish("post:deleted", { id, title })));
  if (!known) byId("posts").prepend(line);
}

async function loadPosts() {
  const query = { topic: "all", since: "all", types: POSTS, presence: "false" };
  for (let lastEventId; ;) {
    const page = await line.query("api/events", lastEventId ? { ...query, since: undefined, lastEventId } : query);
    for (const event of page.events) showPost(event);
    if (page.events.length === 0) return;
    lastEventId = page.lastEventId;
  }
}

/** One command: either all of it is stored in the end, or a retry under its key completes it. A real back end knows its readers; here it is who is present. */
async function publish(type, post) {
  explain();
  const batch = [{ topics: ["all"], type, data: post }];
  const readers = here.filter(user => user.id !== line.user.id).map(user => `user:${user.id}`);
  if (readers.length > 0) batch.push({ topics: readers, type: "notification", data: { title: SAYS[type], message: post.title, kind: type, data: { post: post.id } } });
  try {
    const { results } = await line.command("api/publish", batch);
    explain(results.filter(result => result.problem).map(result => ({ message: result.problem }))[0]);
  } catch (problem) {
    explain(problem);
  }
}

byId("write").addEventListener("submit", submitted => {
  submitted.preventDefault();
  const id = editing ?? Array.from(crypto.getRandomValues(new Uint32Array(2)), part => part.toString(36)).join("");
  publish(editing ? "post:updated" : "post:created", { id, title: byId("title").value.trim() });
  editing = undefined;
  byId("title").value = "";
  byId("publish").textContent = "Publish";
});

// ---- The inbox: the service keeps it, and what is read of it; this page asks again whenever one of the two has moved ----

let newest;
let asked = 0;

async function loadInbox() {
  const turn = ++asked;
  const { events, unread, readUpTo } = await line.inbox({ limit: 20 });
  if (turn !== asked) return;
  newest = events.at(-1)?.id;
  byId("inbox").replaceChildren(...events.reverse().map(({ id, from, data }) => {
    const isNew = !readUpTo || orderOf(id) > orderOf(readUpTo);
    return make("li", isNew ? "new" : "", make("span", "text", [data.title, data.message ?? data.text].filter(Boolean).join(": ")), make("span", "quiet", `by ${from.name ?? from.id}`));
  }));
  byId("unread").textContent = unread;
  byId("unread").hidden = byId("read").hidden = unread === 0;
  document.title = document.title.replace(/^(\(\d+\) )?/, unread > 0 ? `(${unread}) ` : "");
}

function toast({ from, data }) {
  const shown = make("p", "toast", make("strong", "", `${data.title} by ${from.name ?? from.id}`), ` ${data.message}`);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), TOAST_MS);
}

byId("read").addEventListener("click", () => line.markRead(newest).catch(explain));

// ---- The line ----

let here = [];
let line;

function hear(event) {
  if (event.topic === "all") {
    if (event.type in SAYS) showPost(event);
    return;
  }
  if (event.type === "notification") toast(event);
  loadInbox().catch(explain);
}

async function run(as) {
  line = connect({
    query: { as },
    onEvent: hear,
    onGap: () => Promise.all([loadPosts(), loadInbox()]).catch(explain),
    onState: ({ status, problem }) => {
      Object.assign(byId("state"), { textContent: STATES[status] }).dataset.state = status;
      if (status === "closed") explain(problem);
    },
    onPresence: ({ users = [], count }) => {
      here = users;
      byId("here").textContent = `Here now: ${users.map(user => user.name ?? user.id).join(", ") || count}`;
    },
  });

  // The stream first and what was before it second: nothing lies between, and what comes twice is known by its id.
  await Promise.all(["all", "user:me", "room:newsroom"].map(topic => line.join(topic)));
  await Promise.all([loadPosts(), loadInbox()]);
}

const as = new URLSearchParams(location.search).get("as");
byId(as ? "example" : "enter").hidden = false;
if (as) run(as).catch(explain);
else byId("as").focus();
