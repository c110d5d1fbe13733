import { follow } from "./live.js";
import { Problem, call, endpoint, explain, me } from "./service.js";

// The address is the page's state: /?as=ada&room=general, or &room=class:algebra.
const address = new URLSearchParams(location.search);
const room = address.get("room") ?? "";
const track = room.startsWith("class:") ? room.slice("class:".length) : null;
const roomPath = `/api/rooms/${encodeURIComponent(room)}`;
const trackPath = `/api/tracks/${encodeURIComponent(track)}`;

// Others are heard too once the history has shown them, or &types= names them.
const types = new Set(["message", "private-message", "notification", "notifications:read", "progress:updated", "announcement", "doc:update"]);
for (const type of address.get("types")?.split(",") ?? []) types.add(type);

const byId = id => document.getElementById(id);

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// ---- Choosing who and where ----

function start(problem) {
  const form = byId("join");
  const { as: name, room: where, kind } = form.elements;
  byId("start").hidden = false;
  name.value = me;
  where.value = track ?? room;
  kind.value = track === null ? "" : "class:";
  form.addEventListener("submit", submitted => {
    submitted.preventDefault();
    const missing = [name, where].filter(input => !input.value.trim());
    if (missing.length > 0) return explain(form, new Problem("", 0, Object.fromEntries(missing.map(input => [input.name, ["is missing"]]))));
    address.set("as", name.value.trim());
    address.set("room", kind.value + where.value.trim());
    location.search = address.toString().replaceAll("%3A", ":");
  });
  (me ? where : name).focus();
  if (problem) explain(form, problem);
}

// ---- The conversation ----

const entries = byId("entries");
const seen = new Set();
const pending = new Map();
const scroller = byId("conversation");

/** An id as text that sorts: both of its numbers grow. */
const orderOf = id => id.split("-").map(number => number.padStart(16, "0")).join("-");
const LAST = "~";

/** Puts an entry where its order says, whichever of answer, event and history brought it first. */
function place(entry, order) {
  const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  entry.dataset.order = order;
  let next = null;
  for (let other = entries.lastElementChild; other && (other === entry || other.dataset.order > order); other = other.previousElementSibling) {
    if (other !== entry) next = other;
  }

  if (!entry.isConnected || entry.nextElementSibling !== next) entries.insertBefore(entry, next);
  for (const one of [entry, entry.nextElementSibling]) {
    one?.classList.toggle("follows", Boolean(one.dataset.from) && one.dataset.from === one.previousElementSibling?.dataset.from);
  }

  byId("nothing").hidden = true;
  if (isAtEnd || order === LAST) scroller.scrollTop = scroller.scrollHeight;
  else if (next === null) byId("newer").hidden = false;
}

function timeOf(iso) {
  const date = new Date(iso);
  const day = date.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  const time = make("time", "", date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" }));
  time.dateTime = iso;
  return time;
}

function bubble({ id, from, at: time, data, type }) {
  const privately = type === "private-message" ? [make("span", "kind", from.id === me ? `privately to ${data.to?.id}` : "privately")] : [];
  const who = make("p", "who", make("strong", "", from.name ?? from.id), ...privately, timeOf(time));
  const entry = make("li", `bubble${from.id === me ? " own" : ""}${privately.length ? " private" : ""}`, who, make("p", "text", data.text), make("span", "mark"));
  entry.dataset.from = `${from.id} ${type}`;
  if (id && from.id === me) tick(entry);
  return entry;
}

const note = (kind, ...words) => make("li", "note", make("span", "kind", kind), make("p", "text", ...words));

/** Any JSON as something to read. */
function brief(data) {
  const text = [data, data?.text, data?.message].find(one => typeof one === "string") ?? JSON.stringify(data);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function entryOf(event) {
  const { type, topic, from, data } = event;
  const who = make("strong", "", from.name ?? from.id);
  if ((type === "message" || type === "private-message") && typeof data?.text === "string") return bubble(event);
  if (type === "notification" && (data?.title || data?.message)) return note("For you", make("strong", "", data.title ?? ""), " ", data.message ?? "", timeOf(event.at));
  if (type === "notifications:read") return note("For you", "Notifications read", timeOf(event.at));
  if (type === "progress:updated" && data?.userId) {
    return note("Progress", make("strong", "", data.userId), ` completed ${data.lessonId}: ${count(data.completedLessons)}`, timeOf(event.at));
  }

  return note(topic === "all" ? "To everyone" : type, who, " ", brief(data), timeOf(event.at));
}

function show(event) {
  // One command may tell several topics of this stream; here it is one entry.
  const name = event.commandId ?? `${event.topic} ${event.id}`;
  if (event.id && seen.has(name)) return;
  seen.add(name);
  types.add(event.type);
  if (event.type === "progress:updated" && event.data?.trackId === track) advance(event.data.userId, event.data.completedLessons, [event.data.lessonId]);

  const own = event.from.id === me && pending.get(event.clientMessageId);
  if (own) settle(own, event.clientMessageId, event);
  else place(entryOf(event), orderOf(event.id ?? `${Date.parse(event.at)}-0`));
}

async function load() {
  entries.ariaBusy = "true";
  const { events, after } = await call(endpoint(`${roomPath}/messages`, { limit: 100 }));
  for (const event of events) show(event);
  entries.ariaBusy = "false";
  return after;
}

// ---- Sending ----

const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map(byte => byte.toString(16).padStart(2, "0")).join("");

function tick(entry) {
  const mark = make("span", "tick", "✓");
  mark.role = "img";
  mark.ariaLabel = "stored";
  entry.querySelector(".mark").replaceChildren(mark);
}

function settle(entry, id, { topic, id: storedAs }) {
  pending.delete(id);
  seen.add(`${topic} ${storedAs}`);
  tick(entry);
  place(entry, orderOf(storedAs));
}

async function send(entry, id, text) {
  const mark = entry.querySelector(".mark");
  mark.replaceChildren("sending");
  try {
    // The key makes a second attempt safe, whatever became of the first.
    settle(entry, id, await call(endpoint(`${roomPath}/messages`), { text, clientMessageId: id }, id));
    explain(byId("send"));
  } catch (problem) {
    if (!pending.has(id)) return;
    explain(byId("send"), problem);
    if (problem.status === 400 || problem.status === 413) {
      pending.delete(id);
      entry.remove();
      byId("text").value ||= text;
      return;
    }

    const again = make("button", "link", "Not sent. Try again");
    again.addEventListener("click", () => send(entry, id, text));
    mark.replaceChildren(again);
  }
}

function compose(submitted) {
  submitted.preventDefault();
  const text = byId("text").value;
  byId("text").focus();
  if (!text.trim()) return;
  byId("text").value = "";
  const id = newId();
  const entry = bubble({ type: "message", from: { id: me }, at: new Date().toISOString(), data: { text } });
  pending.set(id, entry);
  place(entry, LAST);
  send(entry, id, text);
}

// ---- A class ----

const learners = new Map();
const mine = new Set();
const count = lessons => `${lessons} ${lessons === 1 ? "lesson" : "lessons"}`;

function advance(userId, completed, lessons) {
  if (userId === me) for (const lesson of lessons) mine.add(lesson);
  const row = learners.get(userId) ?? make("li", "", make("span", "name", userId), make("span", "quiet"), make("progress"));
  row.completed = Math.max(completed, row.completed ?? 0);
  learners.set(userId, row);
  byId("learners").append(...[...learners.keys()].sort().map(user => learners.get(user)));
  byId("no-learners").hidden = true;

  // How long a track is, its school knows; here the scale grows in steps of five.
  const scale = Math.ceil(Math.max(5, ...[...learners.values()].map(one => one.completed)) / 5) * 5;
  for (const [user, { children: [, words, bar], completed: value }] of learners) {
    words.textContent = count(value);
    Object.assign(bar, { max: scale, value, ariaLabel: `${user}: ${count(value)}` });
  }
}

async function loadProgress() {
  const progress = await call(endpoint(`${trackPath}/progress`));
  for (const { userId, completed } of progress.learners) advance(userId, completed.length, completed);
  suggest();
}

function suggest() {
  let next = 1;
  while (mine.has(`lesson-${next}`)) next++;
  byId("lesson").value = `lesson-${next}`;
}

async function complete(submitted) {
  submitted.preventDefault();
  const lesson = byId("lesson").value.trim();
  try {
    if (!lesson) throw new Problem("", 0, { lesson: ["is missing"] });
    const { status, at: since } = await call(endpoint(`${trackPath}/lessons/${encodeURIComponent(lesson)}/complete`), {}, newId());
    explain(byId("complete"));
    mine.add(lesson);
    suggest();
    byId("completed").replaceChildren(...status === 201 ? [`Completed ${lesson}.`] : [`You had completed ${lesson} at `, timeOf(since), "."]);
  } catch (problem) {
    byId("completed").textContent = "";
    explain(byId("complete"), problem);
  }
}

// ---- The connection ----

const busyReasons = { draining: "The service restarts", full: "The service is full", "too-many-streams": "You have too many windows open", store: "The service has lost its store" };
let hasMissed = false, isFromNow = false, countingDown;

function showState(state, why = {}) {
  const words = {
    connecting: "Connecting",
    live: hasMissed ? "Live, missed some" : "Live",
    lost: "Coming back",
    waiting: "Coming back",
    busy: `${busyReasons[why.reason] ?? "The service is busy"}. Coming back`,
    ended: why.reason === "token" ? "Ended: your token ran out. Reload to come back" : "Ended by an administrator",
  };
  byId("state").dataset.state = state === "live" && hasMissed ? "missed" : state;
  byId("state-words").textContent = words[state];

  // Beside the words, not in them: a screen reader need not count along.
  clearInterval(countingDown);
  let seconds = Math.ceil((why.waitMs ?? 0) / 1000);
  const countDown = () => byId("countdown").textContent = seconds > 0 ? ` in ${seconds--} s` : "";
  countDown();
  countingDown = setInterval(countDown, 1000);
}

const reload = () => Promise.all([load(), track === null ? null : loadProgress()]).catch(problem => explain(byId("send"), problem));

function hear(type, event) {
  if (type === "gap") {
    hasMissed = true;
    showState("live");
    const words = event.reason === "trimmed" ? "You were away longer than events are kept; some are missing here." : "The log began anew; some events may be missing here.";
    const entry = note("Missed some", words);
    entry.classList.add("gap");
    place(entry, `${orderOf(event.after)}${LAST}`);
  }

  // What was written between an empty history and the stream's beginning is in neither.
  if (type === "gap" || (type === "welcome" && isFromNow)) reload();
  if (type === "welcome") isFromNow = false;
  if (event.type) show(event);
}

function showCommands() {
  const json = (path, body) => `curl -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}' \\\n  '${endpoint(path, { as: "terminal" })}'`;
  const commands = {
    "A message": json(`${roomPath}/messages`, { text: "Hello from a terminal" }),
    "A private message to you": json(`/api/users/${me}/messages`, { text: "Just between us" }),
    "A notification": json(`/api/users/${me}/notifications`, { title: "New post", message: "Grace wrote about compilers" }),
    "To everyone": json("/api/broadcast", { type: "announcement", data: { text: "Maintenance at noon" } }),
    "An event of your own type": json(`${roomPath}/events`, { type: "doc:update", data: { doc: "notes", version: 7 } }),
  };
  for (const [title, command] of Object.entries(commands)) byId("commands").append(make("h3", "", title), make("pre", "", command));
}

async function enter() {
  const isClass = track !== null;
  document.title = `${track ?? room} · Notifier`;
  byId("room-title").textContent = track ?? room;
  byId("kind").textContent = isClass ? "A class" : "A room";
  byId("me").textContent = me;
  byId("leave").href = `/?as=${encodeURIComponent(me)}`;
  byId("room").classList.toggle("with-class", isClass);
  byId("class").hidden = !isClass;
  byId("room").hidden = false;
  const last = await load();
  isFromNow = !last;
  if (isClass) await loadProgress();
  showCommands();

  const stream = endpoint("/api/events");
  for (const topic of [`room:${room}${last ? `@${last}` : ""}`, "user:me", "all"]) stream.searchParams.append("topic", topic);
  follow(stream, [...types], hear, showState);

  byId("send").addEventListener("submit", compose);
  byId("complete").addEventListener("submit", complete);
  byId("newer").addEventListener("click", () => scroller.scrollTop = scroller.scrollHeight);
  scroller.addEventListener("scroll", () => byId("newer").hidden ||= scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60);
  byId("terminal-open").addEventListener("click", () => byId("terminal").showModal());
  byId("text").addEventListener("keydown", key => {
    if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
    key.preventDefault();
    byId("send").requestSubmit();
  });
  byId("text").focus();
}

if (!me || !room) {
  start();
} else {
  enter().catch(problem => {
    byId("room").hidden = true;
    start(problem);
  });
}
