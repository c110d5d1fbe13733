// A shared document: several people edit one text, see each other's carets, and go on while their line is cut. Yjs merges; the service carries and keeps.
//
// Of the contract it uses
//   POST /api/rooms/{room}/events    `doc:update`: an edit, stored. `doc:caret`: where somebody is, `ephemeral`: live only. `doc:snapshot`: the whole
//                                    document, stored every so many events, with `If-Match`, so that of all windows one writes it
//   GET  /api/rooms/{room}/messages  with `types=doc:snapshot`: the newest snapshot, for who opens the document or was away longer than events are kept
//   GET  /api/events                 with `topic=room:…@<id>`: from that event on; resumed by itself after a cut; `gap` where that was too long; presence
//
// With Socket.IO it would have been the same Yjs with a server of one's own beside it (y-socket.io and a database): rooms live in one process's memory, so
// who was cut asks somebody else for what is missing, and a restart keeps what one's own code has saved. Here the log is that memory.
//
// What it does not do: a document that nobody opens for `Log:MaxAge` (7 days) is forgotten with its events. Keep one for good in a database, or raise that.

import { Problem, connect } from "../notifier.js";
import * as Y from "./vendor/yjs.js";

const address = new URLSearchParams(location.search);
const room = `doc:${address.get("doc") ?? "notes"}`;
const STATES = { connecting: "Connecting", open: "Live", waiting: "Coming back", paused: "Line cut", closed: "Ended" };

const SEND_EVERY_MS = 250;
const CARET_EVERY_MS = 10_000;
const CARET_LIVES_MS = 25_000;

// Of 1000 events that are kept, so that nine of ten writers may fail half-way; and of 7 days one.
const SNAPSHOT_EVERY = Number(address.get("snapshotEvery") ?? 100);
const SNAPSHOT_LIVES_MS = 86_400_000;

// An event takes 16 KiB with its envelope, and base64 makes 4 characters of 3 bytes: more is sent in parts. An edit of 1000 characters has 4000 bytes at most.
const PART_CHARS = 14_000;
const UPDATE_BYTES = 10_000;
const SLICE = /[^]{1,1000}/gu;

const byId = id => document.getElementById(id);
const field = byId("text");
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
const explain = problem => byId("error").textContent = problem?.message ?? "";
const toText = bytes => btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
const toBytes = text => Uint8Array.from(atob(text), char => char.charCodeAt(0));

const doc = new Y.Doc();
const text = doc.getText("text");
const session = `${doc.clientID}-${Date.now()}`;
let line;

/** Again and again while the service is out of reach; what it refuses is thrown. */
async function insist(act) {
  for (;;) {
    try {
      return await act();
    } catch (problem) {
      if (!(problem instanceof Problem) || (problem.status !== 0 && problem.status !== 429 && problem.status < 500)) throw problem;
      await wait(Math.max(1000, problem.retryAfterMs));
    }
  }
}

// ---- From the field to the document ----

let shown = "";
const done = [];
const undone = [];

/** A place that stays behind the character that it is behind, whatever others do before it. */
const stick = index => Y.createRelativePositionFromTypeIndex(text, index, -1);
const find = place => Y.createAbsolutePositionFromRelativePosition(place, doc)?.index;

function edit(index, removed, inserted) {
  for (let left = removed.length; left > 0; left -= 1000) text.delete(index, Math.min(left, 1000));
  let at = index;
  for (const [slice] of inserted.matchAll(SLICE)) {
    text.insert(at, slice);
    at += slice.length;
  }
  shown = text.toString();
}

/** What changed lies between what both have at the start and what both have at the end; half a surrogate pair is no character. */
function readField() {
  const now = field.value;
  let start = 0;
  while (start < now.length && start < shown.length && now[start] === shown[start]) start++;
  if (/[\uD800-\uDBFF]/.test(now[start - 1])) start--;
  let end = 0;
  while (end < Math.min(now.length, shown.length) - start && now.at(-1 - end) === shown.at(-1 - end)) end++;
  if (end > 0 && /[\uDC00-\uDFFF]/.test(now.at(-end))) end--;
  const removed = shown.slice(start, shown.length - end);
  const inserted = now.slice(start, now.length - end);
  if (!removed && !inserted) return;
  edit(start, removed, inserted);
  remember(start, removed, inserted);
  draw();
}

function remember(index, removed, inserted) {
  const last = done.at(-1);
  const goesOn = last && !removed && !last.removed && Date.now() - last.madeAt < 1000 && find(last.place) + last.inserted.length === index;
  if (goesOn) Object.assign(last, { inserted: last.inserted + inserted, madeAt: Date.now() });
  else done.push({ place: stick(index), removed, inserted, madeAt: Date.now() });
  undone.length = 0;
}

/** Undoes one's own edit alone, and only where nobody has written into it since. */
function takeBack(from, to) {
  const last = from.pop();
  const index = last && find(last.place);
  if (index === undefined || shown.slice(index, index + last.inserted.length) !== last.inserted) return;
  edit(index, last.inserted, last.removed);
  field.value = shown;
  field.setSelectionRange(index + last.removed.length, index + last.removed.length);
  to.push({ place: stick(index), removed: last.inserted, inserted: last.removed, madeAt: 0 });
  draw();
}

// ---- From the document to the log: what has gathered since the last time goes as one event ----

const unsent = [];
let isSending = false;
let isCut = false;

doc.on("update", (update, origin, _, transaction) => {
  if (!transaction.local) return;
  unsent.push(update);
  byId("saved").textContent = "Saving…";
  send().catch(explain);
});

async function send() {
  if (isSending || isCut) return;
  isSending = true;
  try {
    while (unsent.length > 0 && !isCut) {
      let count = 1;
      for (let size = unsent[0].length; count < unsent.length && (size += unsent[count].length) <= UPDATE_BYTES;) count++;
      await store("doc:update", { by: session, update: toText(Y.mergeUpdates(unsent.slice(0, count))) });
      unsent.splice(0, count);
      explain();
      if (unsent.length === 0) byId("saved").textContent = "Saved";
      await wait(SEND_EVERY_MS);
    }
  } finally {
    isSending = false;
    if (unsent.length > 0) byId("saved").textContent = "Not saved yet";
  }
}

let stored = 0;

/** Under one key however often it is tried, so it is stored once. */
function store(type, data, how) {
  const clientMessageId = `${session}-${++stored}`;
  return insist(() => line.sendEvent(room, type, data, { ...how, clientMessageId, attempts: 1 }));
}

// ---- Snapshots: the document as it is, covering all events up to `upTo`. Retention so loses edits, and never the text ----

let newest;
let since = 0;
let begunAt;
let isWriting = false;
let isWhole = true;
const halves = new Map();

async function writeSnapshot() {
  if (isWriting || !isWhole) return;
  isWriting = true;
  const upTo = newest ?? "0-0";
  const parts = toText(Y.encodeStateAsUpdate(doc)).match(new RegExp(`.{1,${PART_CHARS}}`, "g"));
  try {
    for (const [part, bytes] of parts.entries()) {
      // The first part is stored only if this window has seen all events so far: so one window writes, and `upTo` is true. The others need no condition.
      await store("doc:snapshot", { snapshot: `${session}-${upTo}`, part, of: parts.length, upTo, bytes }, part === 0 ? { ifMatch: newest } : {});
    }
  } catch (problem) {
    if (problem.status !== 412) throw problem;
  } finally {
    isWriting = false;
  }
}

/** True with the part that makes a snapshot whole. One whose writer went away half-way is never whole, and harms nobody. */
function takePart({ snapshot, part, of, bytes }) {
  if (!halves.has(snapshot)) halves.set(snapshot, new Map());
  const parts = halves.get(snapshot).set(part, bytes);
  if (parts.size < of) return false;
  halves.clear();
  merge(toBytes(Array.from({ length: of }, (_, i) => parts.get(i)).join("")));
  return true;
}

/** Takes the newest whole snapshot, and says up to where it covers the log. */
async function readSnapshot() {
  for (let before, limit = 1; ;) {
    const page = await insist(() => line.history(room, { types: "doc:snapshot", limit, before }));
    for (const { data } of page.events.reverse()) {
      if (takePart(data)) return data.upTo;
      limit = data.of;
    }
    if (!page.before) return undefined;
    before = page.before;
  }
}

// ---- From the log to the document: order and repetition do not matter to Yjs, so neither do they here ----

let held;

function hear(event) {
  if (event.type === "doc:caret") return hearCaret(event);
  if (!event.id) return;

  // While an input method composes, the field is its own.
  if (held) return held.push(event);
  newest = event.id;
  if (event.type === "doc:snapshot") {
    if (event.data.part === 0) [since, begunAt] = [0, Date.parse(event.at)];
    takePart(event.data);
    return;
  }

  since++;
  begunAt ??= Date.parse(event.at);
  if (event.type !== "doc:update") return;
  merge(toBytes(event.data.update));

  // Whose edit was one too many, writes; where that window is gone, the next one's edit is.
  if (event.data.by === session && since >= SNAPSHOT_EVERY) writeSnapshot().catch(explain);
}

function merge(update) {
  const selection = [field.selectionStart, field.selectionEnd].map(stick);
  Y.applyUpdate(doc, update);
  if (shown === text.toString()) return draw();
  field.value = shown = text.toString();
  field.setSelectionRange(...selection.map(find));
  draw();
}

async function hearGap({ after, reason }) {
  // What is left of the log follows by itself; what is not left is in the newest snapshot, and this window writes none until it has that.
  newest = undefined;
  isWhole = false;
  const upTo = await readSnapshot();
  isWhole = true;

  // A log that began anew knows nothing of what this window still has. (After 0-0 this window has only begun to read.)
  if (after !== "0-0" && (reason === "reset" || !upTo)) await writeSnapshot();
}

// ---- Carets ----

const carets = new Map();
let caretTimer;
let drawTimer;

function sayCaret() {
  if (line?.state.status !== "open" || document.activeElement !== field) return;
  caretTimer ??= setTimeout(() => {
    caretTimer = undefined;
    line.sendEvent(room, "doc:caret", { by: session, place: stick(field.selectionEnd) }, { ephemeral: true }).catch(explain);
  }, SEND_EVERY_MS);
}

function hearCaret({ from, data }) {
  if (data.by === session) return;
  carets.set(data.by, { name: from.name ?? from.id, place: Y.createRelativePositionFromJSON(data.place), heardAt: Date.now() });
  draw();
}

/** The same text under the field, unseen, with the carets in it: so they stand where the browser breaks its lines. */
function draw() {
  drawTimer ??= requestAnimationFrame(() => {
    drawTimer = undefined;
    const places = [...carets.values()].map(({ name, place }, hue) => ({ name, hue, index: find(place) })).filter(caret => caret.index !== undefined).sort((a, b) => a.index - b.index);
    let at = 0;
    byId("carets").replaceChildren(...places.flatMap(({ name, hue, index }) => {
      const before = shown.slice(at, index);
      at = index;
      const caret = Object.assign(document.createElement("span"), { className: `caret hue-${hue % 8}` });
      caret.dataset.name = name;
      return [before, caret];
    }), `${shown.slice(at)}\n`);
  });
}

function tick() {
  for (const [by, caret] of carets) if (Date.now() - caret.heardAt > CARET_LIVES_MS) carets.delete(by);
  draw();
  sayCaret();
  if (newest && Date.now() - begunAt > SNAPSHOT_LIVES_MS) writeSnapshot().catch(explain);
}

// ---- The page ----

function listen() {
  field.addEventListener("input", readField);
  field.addEventListener("compositionstart", () => held = []);
  field.addEventListener("compositionend", () => {
    readField();
    const events = held ?? [];
    held = undefined;
    for (const event of events) hear(event);
  });
  field.addEventListener("keydown", key => {
    if (!(key.ctrlKey || key.metaKey) || !["z", "y"].includes(key.key.toLowerCase())) return;
    key.preventDefault();
    if (key.shiftKey || key.key === "y") takeBack(undone, done);
    else takeBack(done, undone);
  });
  document.addEventListener("selectionchange", sayCaret);
  window.addEventListener("beforeunload", leaving => unsent.length > 0 && leaving.preventDefault());
  byId("cut").addEventListener("click", () => {
    isCut = !isCut;
    byId("cut").ariaPressed = isCut;
    if (isCut) line.pause();
    else line.resume();
    send().catch(explain);
  });
  setInterval(tick, CARET_EVERY_MS);
}

async function run(as) {
  // In Development the guest of that name; elsewhere `getToken` in its place.
  line = connect({
    query: { as },
    onEvent: hear,
    onGap: gap => hearGap(gap).catch(explain),
    onState: ({ status, problem }) => {
      Object.assign(byId("state"), { textContent: STATES[status] }).dataset.state = status;
      if (status === "open" || status === "closed") explain(problem);
    },
    onPresence: ({ users, count, joined }) => {
      byId("here").textContent = `Here now: ${users?.map(user => user.name ?? user.id).join(", ") ?? count}`;
      if (joined.length > 0) sayCaret();
    },
  });
  const upTo = await readSnapshot();
  if (!await line.join(`room:${room}@${upTo ?? "0-0"}`)) return;
  listen();
  field.readOnly = false;
  field.focus();
}

const as = address.get("as");
byId("at").value = address.get("doc") ?? "notes";
byId(as ? "example" : "enter").hidden = false;
if (as) run(as).catch(explain);
else byId("as").focus();
