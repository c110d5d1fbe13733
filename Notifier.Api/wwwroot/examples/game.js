// A small game: two to eight on one board, ten moves a second each. Who steps on the coin first has it; first to ten wins the round.
//
// Of the contract it uses
//   POST /api/rooms/{room}/events   `game:move`: where a player is, `ephemeral`: told to who is here and stored nowhere, up to 600 of 3000 a minute.
//                                   `game:score`: a coin taken, stored; with `If-Match` the service is the referee, for of two who step on the coin at once
//                                   one alone has seen the newest event when it writes: the other is answered 412
//   GET  /api/rooms/{room}/messages the newest score, for who comes later: each carries the whole table
//   GET  /api/events                the room's stream, and with it who is here (presence): a player who goes leaves the board
//
// With Socket.IO it would have been socket.volatile.emit for the moves, and for the score a referee of one's own in the server's memory, a store for it to
// survive a restart, and sticky sessions with an adapter as soon as there are two servers.

import { connect } from "../notifier.js";

const SIZE = 12;
const PLAYERS = 8;
const GOAL = 10;
const MOVE_EVERY_MS = 100;
const SAMPLES = 200;
const SHOW_EVERY_MS = 250;
const STATES = { connecting: "Connecting", open: "Live", waiting: "Coming back", paused: "Asleep", closed: "Ended" };
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] };

const address = new URLSearchParams(location.search);
const room = `game:${address.get("board") ?? "one"}`;
const session = Array.from(crypto.getRandomValues(new Uint32Array(2)), part => part.toString(36)).join("");
const byId = id => document.getElementById(id);

/** What reads as it did is left alone: each write costs the page a layout, and every move comes by here. */
function show(id, words) {
  if (byId(id).textContent !== words) byId(id).textContent = words;
}

const explain = problem => show("error", problem?.message ?? "");
const orderOf = id => id.split("-").map(number => number.padStart(16, "0")).join("-");
const make = (className, words = "") => Object.assign(document.createElement("span"), { className, textContent: words });
let line;

/** The same number for the same text in every window. */
const numberOf = words => [...words].reduce((hash, char) => Math.imul(hash ^ char.codePointAt(0), 16777619) >>> 0, 2166136261);

function place(thing, { x, y }) {
  thing.style.setProperty("--x", x);
  thing.style.setProperty("--y", y);
}

// ---- Players: a piece for each user ----

const pieces = new Map();
const me = { x: Math.floor(Math.random() * SIZE), y: Math.random() < 0.5 ? 0 : SIZE - 1 };
let isPlaying;

function pieceOf(user) {
  if (!pieces.has(user.id)) {
    const name = user.name ?? user.id;
    const piece = Object.assign(make(`piece hue-${numberOf(user.id) % PLAYERS}${user.id === line.user.id ? " own" : ""}`, [...name][0].toUpperCase()), { title: name });
    piece.dataset.user = user.id;
    pieces.set(user.id, piece);
    byId("board").append(piece);
  }
  return pieces.get(user.id);
}

function showMembers({ users = [], count, joined, left }) {
  if (isPlaying === undefined) {
    isPlaying = count <= PLAYERS && users.length > 0;
    if (isPlaying) place(pieceOf(line.user), me);
    else byId("where").textContent = `${PLAYERS} play already: you watch.`;
  }

  // A change names who left; what a stream begins with names who is here. A player's first move may come before the word that they are.
  const isChange = joined.length + left.length > 0;
  const gone = isChange ? left.map(user => user.id) : [...pieces.keys()].filter(id => !users.some(user => user.id === id));
  for (const id of gone) {
    pieces.get(id)?.remove();
    pieces.delete(id);
  }

  // Moves are stored nowhere, so who comes is told, and tells.
  say();
}

// ---- Moves: at once at a key, and ten times a second while it is held ----

let pressed;
let heldKey;
let due = 0;
let timer;

function press(key, at) {
  if (!STEPS[key] || !isPlaying) return;
  pressed = { key, at };
  move();
}

/**
 * Ten a second is the pace of all moves, not a wait after each: hands and timers are uneven, so a key may be a move ahead of its turn. Were it to wait
 * for a tick instead, who plays at just this pace would wait half a tick on average.
 */
function move() {
  clearTimeout(timer);
  const now = performance.now();
  const step = pressed ?? (heldKey && { key: heldKey, at: now });
  if (!step) return;
  const earlyMs = due - now - (pressed ? MOVE_EVERY_MS : 0);
  if (earlyMs >= 1) {
    timer = setTimeout(move, earlyMs);
    return;
  }

  pressed = undefined;
  due = Math.max(due, now) + MOVE_EVERY_MS;
  timer = setTimeout(move, due - now);
  const [dx, dy] = STEPS[step.key];
  Object.assign(me, { x: Math.min(SIZE - 1, Math.max(0, me.x + dx)), y: Math.min(SIZE - 1, Math.max(0, me.y + dy)) });
  place(pieceOf(line.user), me);
  say(step.at);
  takeCoin();
}

let unsaid;
let isSaying = false;

/** One at a time, so that no move overtakes another; what was not said meanwhile, the newest place says. */
async function say(keyAt) {
  if (!isPlaying) return;
  unsaid = { ...me, by: session, keyAt: keyAt && performance.timeOrigin + keyAt };
  if (isSaying) return;
  isSaying = true;
  while (unsaid) {
    const move = unsaid;
    unsaid = undefined;
    await line.sendEvent(room, "game:move", move, { ephemeral: true }).then(() => explain(), explain);
  }
  isSaying = false;
}

function hearMove({ from, data }) {
  if (data.by !== session) {
    place(pieceOf(from), data);
    if (from.id === line.user.id) Object.assign(me, { x: data.x, y: data.y });
  }

  // Between windows of one machine the clock is one; between machines go by your own key's way there and back.
  if (data.keyAt) measure(data.by === session ? "mine" : "theirs", performance.timeOrigin + performance.now() - data.keyAt);
}

const samples = { mine: [], theirs: [] };
let showing;

function measure(which, ms) {
  samples[which].push(ms);
  if (samples[which].length > SAMPLES) samples[which].shift();
  showing ??= setTimeout(() => {
    showing = undefined;
    for (const [name, kept] of Object.entries(samples)) {
      const median = kept.toSorted((a, b) => a - b)[kept.length >> 1];
      if (kept.length > 0) byId(name).textContent = `${median.toFixed(1)} ms (p50 of ${kept.length})`;
    }
  }, SHOW_EVERY_MS);
}

// ---- The score: the newest event has all of it, and where the coin is ----

let newest;
let score;
const coin = make("coin");

/** Never at the edge, where players begin, and never where the last one was. */
function coinCell() {
  const cells = (SIZE - 2) ** 2;
  return ((score.data.after ?? 0) + 1 + numberOf(score.id) % (cells - 1)) % cells;
}

const coinAt = () => ({ x: 1 + coinCell() % (SIZE - 2), y: 1 + Math.floor(coinCell() / (SIZE - 2)) });

async function takeCoin() {
  const { x, y } = score && isPlaying ? coinAt() : {};
  if (me.x !== x || me.y !== y) return showWhere();
  const user = line.user.id;
  const points = { ...score.data.points, [user]: (score.data.points[user] ?? 0) + 1 };
  const data = points[user] < GOAL ? { points, after: coinCell() } : { points: {}, after: coinCell(), winner: line.user.name ?? user };
  try {
    await line.sendEvent(room, "game:score", data, { ifMatch: newest });
  } catch (problem) {
    // 412: somebody else was first, and the event that says so is on its way.
    if (problem.status !== 412) explain(problem);
  }
}

function hearScore(event) {
  if (score && orderOf(event.id) <= orderOf(score.id)) return;
  score = event;
  const { points, winner } = event.data;
  byId("scores").replaceChildren(...Object.entries(points).sort(([, a], [, b]) => b - a).map(([user, count]) => {
    const row = document.createElement("li");
    row.append(make(`dot hue-${numberOf(user) % PLAYERS}`), make("text", user), make("count", count));
    return row;
  }));
  if (winner || Object.keys(points).length > 0) byId("won").textContent = winner ? `${winner} won the round.` : "";
  place(coin, coinAt());
  byId("board").append(coin);
  takeCoin();
}

function showWhere() {
  if (!isPlaying || !score) return;
  const { x, y } = coinAt();
  byId("where").textContent = `You are at column ${me.x + 1}, row ${me.y + 1}; the coin at column ${x + 1}, row ${y + 1}.`;
}

/** After the stream has begun, so that nothing lies between; whoever finds no score, opens the game. */
async function readScore() {
  const [{ events: any }, { events: [last] }] = await Promise.all([line.history(room, { limit: 1 }), line.history(room, { limit: 1, types: "game:score" })]);
  seeNewest(any[0]);
  if (last) hearScore(last);
  else if (!score) await line.sendEvent(room, "game:score", { points: {} });
}

function seeNewest(event) {
  if (event?.id && (!newest || orderOf(event.id) > orderOf(newest))) newest = event.id;
}

// ---- The page ----

function listen() {
  byId("board").addEventListener("keydown", key => {
    if (!STEPS[key.key] || key.ctrlKey || key.metaKey || key.altKey) return;
    key.preventDefault();
    if (key.repeat) return;
    heldKey = key.key;
    press(key.key, key.timeStamp);
  });
  byId("board").addEventListener("keyup", key => heldKey = key.key === heldKey ? undefined : heldKey);
  byId("board").addEventListener("blur", () => heldKey = undefined);
  for (const arrow of document.querySelectorAll("[data-key]")) arrow.addEventListener("click", click => press(arrow.dataset.key, click.timeStamp));
  byId("board").focus();
}

async function run(as) {
  // In Development the guest of that name; elsewhere `getToken` in its place.
  line = connect({
    query: { as },
    onEvent: event => {
      seeNewest(event);
      if (event.type === "game:move") hearMove(event);
      else if (event.type === "game:score") hearScore(event);
    },
    onGap: ({ reason }) => {
      if (reason === "reset") [score, newest] = [];
      readScore().catch(explain);
    },
    onState: ({ status, problem }) => {
      Object.assign(byId("state"), { textContent: STATES[status] }).dataset.state = status;
      if (status === "closed") explain(problem);
    },
    onPresence: showMembers,
  });
  if (!await line.join(`room:${room}`)) return;
  listen();
  await readScore();
}

const as = address.get("as");
byId("at").value = address.get("board") ?? "one";
byId(as ? "example" : "enter").hidden = false;
if (as) run(as).catch(explain);
else byId("as").focus();
