// Follows topics of a Notifier service, and sends to them. One file, nothing to install: copy it, or import it from the service.
//
//   import { connect } from "/notifier.js";
//   const line = connect({ topics: ["room:general", "user:me"], getToken, onEvent: event => show(event) });
//   await line.send("general", "Hello");
//
// Its parts, in the order of this file: Api asks the service, EventStreamParser reads a stream's bytes, Stream keeps one open, Tabs
// agrees with the page's other tabs on whose stream it is, and Connection is what a page holds: the topics of this tab.

const FIRST_RETRY_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const OPENS_WITHIN_MS = 15_000;
const LEADER_SILENT_MS = 90_000;
const TYPING_EVERY_MS = 3000;
const REMEMBERED = 1000;

// Answers that another attempt would get again.
const FINAL = new Set([400, 403, 406, 410, 413, 414, 415, 431]);
const TRANSIENT = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

const HURRIED = new Set(["network", "silence", "ended"]);

const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map(byte => byte.toString(16).padStart(2, "0")).join("");

/** Full jitter: or everybody whom one fault cut off would come back in one wave. */
const backoff = (firstMs, failures) => Math.random() * Math.min(LONGEST_WAIT_MS, firstMs * 2 ** failures);

const sleep = (ms, signal) => new Promise(resolve => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
});

const hasSameKeys = (one, other) => one.size === other.size && [...one.keys()].every(key => other.has(key));

/** Keeps the newest of what it is given, and says whether it had it. */
class Remembered {
  #kept = new Set();
  has = one => this.#kept.has(one);
  add(one) {
    if (this.#kept.size >= REMEMBERED) this.#kept.delete(this.#kept.values().next().value);
    this.#kept.add(one);
  }
}

/** An error in the service's words (RFC 9457). `status` 0: no answer at all. */
export class Problem extends Error {
  constructor(detail, { status = 0, errors = {}, retryAfterMs = 0, cause } = {}) {
    super(detail, { cause });
    Object.assign(this, { name: "Problem", status, errors, retryAfterMs });
  }
}

/** Requests in the caller's name, repeated where that is safe. */
class Api {
  #options;
  #token;

  constructor(options) {
    this.#options = options;
    this.#token = options.token;
  }

  get hasToken() { return Boolean(this.#options.getToken ?? this.#options.token); }

  /** A token was refused, or ran out: true where the page can give another. */
  dropToken() {
    this.#token = undefined;
    return Boolean(this.#options.getToken);
  }

  async token() {
    try {
      return this.#token ??= await this.#options.getToken?.();
    } catch (cause) {
      throw new Problem("The page could not get a token.", { cause });
    }
  }

  async #bearer() {
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  address(path, query = {}) {
    const url = new URL(path.replace(/^\//, ""), new URL(this.#options.url, location.href));
    for (const [name, value] of Object.entries({ ...this.#options.query, ...query })) {
      for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") url.searchParams.append(name, one);
    }
    return url;
  }

  fetch(url, init) {
    return fetch(url, { credentials: this.#options.credentials, cache: "no-store", ...init });
  }

  /** A GET, or with `body` a POST; its answer's JSON with the `status`. Throws Problem. */
  async call(path, { query, body, method = body === undefined ? "GET" : "POST", headers = {}, attempts = 1, signal } = {}) {
    let isRenewed = false;
    for (let failures = 0; ;) {
      try {
        return await this.#once(this.address(path, query), { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
      } catch (problem) {
        if (problem.status === 401 && !isRenewed && this.dropToken()) isRenewed = true;
        else if (!TRANSIENT.has(problem.status) || ++failures >= attempts || signal?.aborted) throw problem;
        else await sleep(problem.retryAfterMs + backoff(500, failures - 1), signal);
      }
    }
  }

  async #once(url, { headers, ...init }) {
    const type = init.body === undefined ? {} : { "Content-Type": "application/json" };
    const sent = { Accept: "application/json", ...type, ...await this.#bearer(), ...headers };
    const response = await this.fetch(url, { ...init, headers: sent }).catch(cause => {
      throw new Problem("The service cannot be reached.", { cause });
    });
    if (!response.ok) throw await problemOf(response);
    const text = await response.text();
    return { ...(text && JSON.parse(text)), status: response.status };
  }
}

async function problemOf(response) {
  const { detail, errors } = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After"));
  return new Problem(detail ?? `The service answered ${response.status}.`, { status: response.status, errors, retryAfterMs: seconds > 0 ? seconds * 1000 : 0 });
}

/**
 * Reads the bytes of an event stream as the HTML standard says (9.2.6): any line end, a byte order mark, characters and line ends that
 * are split between two chunks.
 */
export class EventStreamParser {
  #decoder = new TextDecoder();
  #onBlock;
  #onRetry;
  #rest = "";
  #endsInCr = false;
  #id;
  #type = "";
  #data = [];

  /**
   * @param {(block: {id: string, type?: string, data?: string}) => void} onBlock Without a type: the block moved the id, and told nothing.
   * @param {(ms: number) => void} onRetry
   * @param {string} id The last id so far.
   */
  constructor(onBlock, onRetry = () => {}, id = "") {
    this.#onBlock = onBlock;
    this.#onRetry = onRetry;
    this.#id = id;
  }

  push(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return;
    if (this.#endsInCr && text[0] === "\n") text = text.slice(1);
    this.#endsInCr = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop();
    for (const line of lines) this.#read(line);
  }

  #read(line) {
    if (line === "") return this.#dispatch();
    const [, name, value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(line);
    if (name === "event") this.#type = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.#onRetry(Number(value));
  }

  #dispatch() {
    const block = this.#data.length > 0 ? { id: this.#id, type: this.#type || "message", data: this.#data.join("\n") } : { id: this.#id };
    this.#type = "";
    this.#data = [];
    this.#onBlock(block);
  }
}

/** One stream that is kept open: it comes back after whatever ended it, where it was. */
class Stream {
  #api;
  #options;
  #tell;
  #topics;
  #carried;
  #position;
  #retryMs = FIRST_RETRY_MS;
  #failures = 0;
  #refusals = 0;
  #isClosed = false;
  #isOpen = false;
  #attempt;
  #wait;
  #heardAt;
  #silenceMs;
  #timer;

  /** @param tell What it calls: `block`, `state`, `refused`, `alive`, `tick`. */
  constructor(api, options, position, tell) {
    this.#api = api;
    this.#options = options;
    this.#position = position;
    this.#tell = tell;
  }

  open(topics) {
    this.#topics = new Map(topics);
    this.#timer = setInterval(() => this.#look(), 1000);
    this.#run();
  }

  /** Goes on with other topics at the same position. @param {Map<string, string|undefined>} topics With where each starts, if not now. */
  change(topics) {
    if (hasSameKeys(topics, this.#topics)) return;
    this.#topics = new Map(topics);
    if (!this.#isWaiting || this.#isWaiting === "no topics") this.#reopen();
  }

  /** True while it is open with just the topics that it was last asked for. */
  get isSettled() { return this.#isOpen && hasSameKeys(this.#carried, this.#topics); }

  /** The network is back, or the user is: no waiting then, unless the service asked for it. */
  hurry(isOpenDoubtful) {
    if (this.#isWaiting ? HURRIED.has(this.#isWaiting) : isOpenDoubtful) this.#reopen();
  }

  close() {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#reopen();
  }

  get #isWaiting() { return this.#wait?.signal.aborted === false && this.#wait.reason; }

  #reopen() {
    this.#attempt?.abort("reopen");
    this.#wait?.abort();
  }

  #look() {
    // A computer that slept, or a network that died without a word, shows as silence.
    if (this.#heardAt !== undefined && Date.now() - this.#heardAt > this.#silenceMs) this.#attempt.abort("silence");
    this.#tell.tick();
  }

  async #run() {
    while (!this.#isClosed) {
      const attempt = this.#attempt = new AbortController();
      let end;
      try {
        if (this.#topics.size === 0) await this.#rest("no topics", 2 ** 31 - 1);
        if (this.#isClosed) return;
        this.#tell.state({ status: "connecting" });
        end = await this.#follow(attempt.signal);
      } catch (error) {
        if (attempt.signal.aborted) end = { reason: attempt.signal.reason };
        else if (error instanceof Problem) end = { reason: { 0: "network", 401: "token" }[error.status] ?? "refused", problem: error, waitMs: error.retryAfterMs };
        else end = { reason: "network", problem: new Problem("The connection was cut.", { cause: error }) };
      } finally {
        this.#heardAt = undefined;
        this.#isOpen = false;
        attempt.abort("over");
      }

      if (this.#isClosed) return;
      if (end.reason === "reopen") continue;
      if (end.isFinal || end.reason === "token" || FINAL.has(end.problem?.status)) {
        if (this.#goesOnWithout(end)) continue;
        this.#isClosed = true;
        clearInterval(this.#timer);
        this.#tell.state({ status: "closed", reason: end.reason, problem: end.problem });
        return;
      }

      // The first wait is the service's own, which it jittered; what it says when it turns somebody away comes on top of the backoff.
      const waitMs = (end.waitMs ?? 0) + (this.#failures === 0 ? this.#retryMs : backoff(this.#retryMs, this.#failures));
      this.#failures++;
      await this.#rest(end.reason, waitMs, end.problem);
    }
  }

  async #rest(reason, waitMs, problem) {
    this.#wait = Object.assign(new AbortController(), { reason });
    this.#tell.state({ status: "waiting", reason, waitMs, problem });
    await sleep(waitMs, this.#wait.signal);
    this.#wait.abort();
  }

  /** What can be done about a refusal: another token, or the topics that were had before. */
  #goesOnWithout({ reason, problem }) {
    if (reason === "token") {
      this.#refusals++;
      return this.#api.dropToken() && this.#refusals <= 2;
    }

    const added = [...this.#topics.keys()].filter(topic => !this.#carried?.has(topic));
    if (!problem || !this.#carried?.size || added.length === 0) return false;
    for (const topic of added) this.#topics.delete(topic);
    this.#tell.refused(added, problem);
    return this.#topics.size > 0;
  }

  async #follow(signal) {
    const topics = new Map(this.#topics);
    this.#silenceMs = OPENS_WITHIN_MS;
    this.#heardAt = Date.now();
    const ticket = this.#api.hasToken ? (await this.#api.call("api/tickets", { body: { topics: [...topics.keys()] }, signal })).ticket : undefined;
    const starts = this.#position ? new Map() : topics;
    const url = this.#api.address("api/events", {
      topic: [...topics.keys()].map(topic => starts.get(topic) ? `${topic}@${starts.get(topic)}` : topic),
      lastEventId: this.#position,
      types: this.#options.types?.join(),
      presence: this.#options.presence === false ? "false" : undefined,
      ticket,
    });
    const response = await this.#api.fetch(url, { headers: { Accept: "text/event-stream" }, signal });
    if (response.status !== 200) throw await problemOf(response);
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Problem("What answered is no event stream.");

    let end = { reason: "ended" };
    const parser = new EventStreamParser(({ id, type, data }) => {
      if (end.reason !== "ended" || signal.aborted || this.#isClosed) return;
      this.#position = id;
      if (type === "busy") {
        const { reason, retryMs } = JSON.parse(data);
        end = { reason, waitMs: retryMs };
      } else if (type === "expired") {
        const { reason } = JSON.parse(data);
        end = { reason, isFinal: true };
      } else {
        if (type === "welcome") {
          this.#failures = this.#refusals = 0;
          this.#isOpen = true;
          this.#carried = topics;
          this.#silenceMs = JSON.parse(data).heartbeatSeconds * 2500;
        }
        this.#tell.block(id, type, data, starts);
      }
    }, ms => this.#retryMs = ms, this.#position);

    const reader = response.body.getReader();
    for (let read; !(read = await reader.read()).done;) {
      this.#heardAt = Date.now();
      parser.push(read.value);
      this.#tell.alive();
    }
    return end;
  }
}

/**
 * The tabs that share one stream. One of them leads: it holds the lock, has the stream, and tells the others what comes. When it goes, the
 * browser gives the lock to the next. Where the browser has no locks or no channels, or the page wants it so, every tab leads itself.
 */
class Tabs {
  #name;
  #tab;
  #tell;
  #channel;
  #stop;
  #isShared;

  /** @param tell What it calls: `lead`, `stepDown`, `message`. */
  constructor(name, tab, tell) {
    this.#name = name;
    this.#tab = tab;
    this.#tell = tell;
    this.#isShared = Boolean(name && navigator.locks && globalThis.BroadcastChannel);
  }

  get isShared() { return this.#isShared; }

  enter() {
    const stop = this.#stop = new AbortController();
    if (!this.#isShared) return this.#tell.lead();
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#tell.message(data);
    this.#hold(`${this.#name} ${this.#tab}`, stop.signal);
    this.#hold(this.#name, stop.signal, { signal: stop.signal }, this.#tell.lead);
  }

  leave() {
    this.#stop?.abort();
    this.#channel?.close();
    this.#channel = undefined;
  }

  post(message) { this.#channel?.postMessage(message); }

  /** Leads in the place of a tab that holds the lock and says nothing. */
  seize() {
    this.#hold(this.#name, this.#stop.signal, { steal: true }, this.#tell.lead);
  }

  /** Those of the tabs that live: a lock goes with its tab, also with one that crashed. */
  async living(tabs) {
    const { held } = await navigator.locks.query();
    return tabs.filter(tab => held.some(lock => lock.name === `${this.#name} ${tab}`));
  }

  #hold(name, signal, options = {}, then = () => {}) {
    let isHeld = false;
    navigator.locks.request(name, options, () => {
      if (signal.aborted) return undefined;
      isHeld = true;
      then();
      return new Promise(resolve => signal.addEventListener("abort", resolve, { once: true }));
    }).catch(error => {
      // Given up while it was waited for, or seized by another tab.
      if (error.name !== "AbortError") throw error;
      if (isHeld && !signal.aborted) this.#tell.stepDown();
    });
  }
}

/** After this id? Both of its numbers are decimal and may pass what a Number holds. */
function isAfter(id, other) {
  if (other === undefined) return true;
  const [one, two] = [id, other].map(text => text.split("-"));
  for (const i of [0, 1]) {
    if (one[i] !== two[i]) return one[i].length !== two[i].length ? one[i].length > two[i].length : one[i] > two[i];
  }
  return false;
}

/** The members of a room after a `presence` event: `{count, users}`, or `{count}` alone where the room is too large for a list. */
export function withPresence(members, { count, joined, left }) {
  if (!members?.users || !joined || !left) return { count };
  const gone = new Set([...left, ...joined].map(user => user.id));
  return { count, users: [...members.users.filter(user => !gone.has(user.id)), ...joined] };
}

/** The `sub` of a token: which user's tabs may share a stream. Nobody's where it is no JWT. */
function subjectOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return undefined;
  }
}

/** What a page holds: see `notifier.d.ts` for what it takes and gives. */
export class Connection {
  #options;
  #api;
  #tabs;
  #tab = newId();
  #closing = new AbortController();
  #dozing;
  #pausedBy;

  // topic -> { isNew, joined, settle, behind, held, run, isStale }. `behind` is where to catch up from: an event's id, or a position of the stream.
  // Until that is done, what the stream brings of the topic is held.
  #wants = new Map();
  #seen = new Map();
  #commands = new Remembered();
  #sent = new Remembered();

  // Where this tab is in what its leader tells: the leader's epoch, its blocks counted, and the stream's position at the newest.
  #epoch;
  #seq = 0;
  #position;
  #isAsking = false;
  #heardAt;
  #welcome;
  #state;
  #members = new Map();
  #typers = new Map();
  #typedAt = new Map();

  // As the leader alone: its stream, and what the other tabs want.
  #stream;
  #lead;
  #others = new Map();
  #saidAt = 0;
  #isArranging = false;

  constructor(options) {
    const defaults = { url: "/", topics: [], echo: true, share: true, pauseAfterMs: 300_000, attempts: 5, credentials: "same-origin" };
    this.#options = { ...defaults, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
    this.#api = new Api(this.#options);
    for (const topic of this.#options.topics) this.#want(topic);
    this.#listen();
    this.#enter();
  }

  /** The newest state: what `onState` was told last. */
  get state() { return this.#state; }

  /** Who the service says is here, once it has said so. */
  get user() { return this.#welcome?.user; }

  get topics() { return [...this.#wants.keys()]; }

  /** True in the tab that has the stream. */
  get isLeader() { return this.#stream !== undefined; }

  /** Also hears `topic` from now on, or with `room:a@<id>` from that event on; becomes true once it does, false where it never will. */
  join(topic) {
    const { joined } = this.#want(topic);
    this.#rearrange();
    return joined;
  }

  leave(topic) {
    this.#wants.get(topic)?.settle(false);
    this.#wants.delete(topic);
    for (const map of [this.#seen, this.#members, this.#typers]) map.delete(this.#resolve(topic));
    this.#rearrange();
  }

  /** Cuts the line until `resume`, which catches up from here. */
  pause() { this.#sleep("page"); }

  resume() {
    if (this.#pausedBy === undefined || this.#closing.signal.aborted) return;
    this.#pausedBy = undefined;
    this.#enter();
  }

  close() { this.#end({ status: "closed", reason: "page" }); }

  // ---- Commands and queries ----

  /** A command, repeated under one Idempotency-Key until the service has answered it. */
  command(path, body = {}, { key = newId(), ifMatch, attempts = this.#options.attempts, signal } = {}) {
    const condition = ifMatch === undefined ? {} : { "If-Match": `"${ifMatch}"` };
    return this.#api.call(path, { body, headers: { "Idempotency-Key": key, ...condition }, attempts, signal });
  }

  query(path, query, { attempts = this.#options.attempts, signal } = {}) { return this.#api.call(path, { query, attempts, signal }); }

  send(room, text, { data, clientMessageId = newId(), ...how } = {}) {
    return this.#say(`api/rooms/${encodeURIComponent(room)}/messages`, { text, data, clientMessageId }, how);
  }

  sendEvent(room, type, data, { ephemeral, clientMessageId = newId(), ...how } = {}) {
    const once = ephemeral ? { attempts: 1 } : {};
    return this.#say(`api/rooms/${encodeURIComponent(room)}/events`, { type, data, ephemeral, clientMessageId }, { ...once, ...how });
  }

  sendPrivate(user, text, { data, clientMessageId = newId(), ...how } = {}) {
    return this.#say(`api/users/${encodeURIComponent(user)}/messages`, { text, data, clientMessageId }, how);
  }

  completeLesson(trackId, lessonId, { userId, ...how } = {}) {
    return this.command(`api/tracks/${encodeURIComponent(trackId)}/lessons/${encodeURIComponent(lessonId)}/complete`, { userId }, how);
  }

  markRead(upTo, how) { return this.command("api/users/me/notifications/read", { upTo }, how); }

  history(room, query) { return this.query(`api/rooms/${encodeURIComponent(room)}/messages`, query); }

  inbox(query) { return this.query("api/users/me/notifications", query); }

  progress(trackId) { return this.query(`api/tracks/${encodeURIComponent(trackId)}/progress`); }

  rooms() { return this.query("api/rooms"); }

  /** Call it at every key: it tells the service no more often than that has to know. Failures go to `onError`. */
  typing(room, isTyping = true) {
    const lastMs = this.#typedAt.get(room) ?? -Infinity;
    if (isTyping ? Date.now() - lastMs < TYPING_EVERY_MS : lastMs === -Infinity) return;
    if (isTyping) this.#typedAt.set(room, Date.now());
    else this.#typedAt.delete(room);
    this.#api.call(`api/rooms/${encodeURIComponent(room)}/typing`, { body: { typing: isTyping } }).catch(problem => this.#call("onError", problem));
  }

  #say(path, body, how) {
    this.#sent.add(body.clientMessageId);
    return this.command(path, body, { key: body.clientMessageId, ...how });
  }

  // ---- This tab's life ----

  #listen() {
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.#closing.signal });
    on(document, "visibilitychange", () => document.hidden ? this.#doze() : this.#wake());
    on(document, "freeze", () => this.#sleep("sleep"));
    on(document, "resume", () => this.#wake());
    on(window, "pagehide", () => this.#sleep("sleep"));
    on(window, "pageshow", () => this.#wake());
    on(window, "online", () => this.#stream?.hurry(true));
    const timer = setInterval(() => this.#watchLeader(), 5000);
    this.#closing.signal.addEventListener("abort", () => clearInterval(timer));
  }

  #doze() {
    clearTimeout(this.#dozing);
    if (this.#options.pauseAfterMs < 2 ** 31) this.#dozing = setTimeout(() => this.#sleep("sleep"), this.#options.pauseAfterMs);
  }

  #sleep(by) {
    if (this.#pausedBy !== undefined || this.#closing.signal.aborted) return;
    this.#pausedBy = by;
    this.#part();
    this.#setState({ status: "paused", reason: by });
  }

  #wake() {
    clearTimeout(this.#dozing);
    if (this.#pausedBy === "sleep") this.resume();
    else this.#stream?.hurry(false);
    if (document.hidden) this.#doze();
  }

  async #enter() {
    this.#setState({ status: "connecting" });
    const name = await this.#shareName();
    if (this.#pausedBy !== undefined || this.#closing.signal.aborted || this.#tabs) return;
    this.#heardAt = Date.now();
    this.#tabs = new Tabs(name, this.#tab, {
      lead: () => this.#leadNow(),
      stepDown: () => this.#stepDown(),
      message: message => this.#hear(message),
    });
    this.#tabs.enter();
    this.#ask();
  }

  /** Tabs share where they would ask for the same: one service, one user, one filter. */
  async #shareName() {
    const { share, url, query, types, presence } = this.#options;
    if (!share) return undefined;
    let user = share === true ? "" : share;
    if (share === true && this.#api.hasToken) {
      user = subjectOf(await this.#api.token().catch(problem => this.#call("onError", problem)));
      if (user === undefined) return undefined;
    }
    return `notifier ${JSON.stringify([new URL(url, location.href), query, types, presence, user])}`;
  }

  #part() {
    clearTimeout(this.#dozing);
    this.#stream?.close();
    this.#stream = this.#lead = undefined;
    this.#others.clear();
    for (const want of this.#wants.values()) want.held = want.run = undefined;
    this.#tabs?.post({ kind: "bye", tab: this.#tab });
    this.#tabs?.leave();
    this.#tabs = undefined;
    this.#isAsking = false;
  }

  #end(state) {
    if (this.#closing.signal.aborted) return;
    this.#part();
    this.#closing.abort();
    for (const want of this.#wants.values()) want.settle(false);
    this.#setState(state);
  }

  #setState(state) {
    this.#state = state;
    this.#call("onState", state);
  }

  // A page's mistake is the page's to see, and no reason to lose the stream.
  #call(name, ...values) {
    try {
      this.#options[name]?.(...values);
    } catch (error) {
      reportError(error);
    }
  }

  // ---- What this tab wants ----

  #want(topic) {
    const [name, behind] = topic.split("@");
    if (!this.#wants.has(name)) {
      const want = { isNew: true, behind };
      want.joined = new Promise(resolve => want.settle = resolve);
      this.#wants.set(name, want);
    }
    return this.#wants.get(name);
  }

  #resolve(topic) { return topic === "user:me" && this.#welcome ? `user:${this.#welcome.user.id}` : topic; }

  #wantOf(topic) { return this.#wants.get(topic) ?? (topic === this.#resolve("user:me") ? this.#wants.get("user:me") : undefined); }

  #rearrange() {
    if (this.#isArranging) return;
    this.#isArranging = true;
    queueMicrotask(() => {
      this.#isArranging = false;
      if (this.#stream) this.#arrange();
      else this.#ask();
    });
  }

  #ask() {
    if (this.#stream || !this.#tabs) return;
    this.#isAsking = true;
    this.#tabs.post({ kind: "want", tab: this.#tab, topics: this.topics });
  }

  // ---- Leading ----

  #leadNow() {
    this.#lead = { epoch: newId(), seq: 0, from: this.#epoch && { epoch: this.#epoch, seq: this.#seq }, starts: new Map() };
    this.#stream = new Stream(this.#api, this.#options, this.#position, {
      block: (id, type, data, starts) => this.#onBlock(id, type, data, starts),
      state: state => this.#onStreamState(state),
      refused: (topics, problem) => this.#refuse(topics, problem),
      alive: () => this.#sayAlive(),
      tick: () => this.#tick(),
    });
    this.#stream.open(this.#union());
  }

  #stepDown() {
    this.#part();
    this.#enter();
  }

  #union() {
    const union = new Map([...this.#wants].map(([topic, want]) => [topic, want.behind]));
    for (const topics of this.#others.values()) for (const topic of topics) if (!union.has(topic)) union.set(topic, undefined);
    return union;
  }

  #arrange() {
    this.#stream.change(this.#union());
    if (this.#stream.isSettled) this.#announce();
    else this.#tabs.post({ kind: "state", state: this.#state });
  }

  #onBlock(id, type, data, starts) {
    if (type === "welcome") {
      Object.assign(this.#lead, { welcome: JSON.parse(data), starts, position: id });
      this.#announce();
      this.#lead.starts = new Map();
      return;
    }

    Object.assign(this.#lead, { seq: this.#lead.seq + 1, position: id, from: undefined });
    if (type === "presence") {
      const event = JSON.parse(data);
      const { presence } = this.#lead.welcome;
      if (presence) presence[event.topic] = withPresence(presence[event.topic], event);
    }

    const { epoch, seq } = this.#lead;
    this.#tell({ kind: "block", epoch, seq, position: id, type, data });
  }

  /** Says what the stream carries, and how far it is: also to a tab that came later, or lost something. */
  #announce() {
    const { epoch, seq, position, from, starts, welcome } = this.#lead;
    const wants = [[this.#tab, this.topics], ...this.#others];
    this.#tell({ kind: "carry", epoch, seq, position, from, starts, welcome, wants });
  }

  #tell(message) {
    this.#saidAt = Date.now();
    if (message.kind === "carry") this.#carry(message);
    else this.#take(message);
    this.#tabs?.post(message);
  }

  #onStreamState(state) {
    const { problem, ...rest } = state;
    this.#tabs.post({ kind: "state", state: problem ? { ...rest, problem: { message: problem.message, status: problem.status } } : rest });
    if (problem) this.#call("onError", problem);
    if (state.status === "closed") this.#end(state);
    else this.#setState(state);
  }

  #refuse(topics, problem) {
    this.#tabs.post({ kind: "refused", topics, problem: { message: problem.message, status: problem.status } });
    this.#drop(topics, problem);
  }

  #drop(topics, problem) {
    const mine = topics.filter(topic => this.#wants.has(topic));
    for (const topic of mine) this.leave(topic);
    for (const [tab, theirs] of this.#others) this.#others.set(tab, theirs.filter(topic => !topics.includes(topic)));
    if (mine.length > 0) this.#call("onError", Object.assign(problem, { topics: mine }));
  }

  #sayAlive() {
    if (Date.now() - this.#saidAt < 5000) return;
    this.#saidAt = Date.now();
    this.#tabs?.post({ kind: "alive" });
  }

  async #tick() {
    this.#sayAlive();
    if (this.#others.size === 0 || !this.#tabs?.isShared) return;
    const living = await this.#tabs.living([...this.#others.keys()]);
    const gone = [...this.#others.keys()].filter(tab => !living.includes(tab));
    for (const tab of gone) this.#others.delete(tab);
    if (gone.length > 0) this.#rearrange();
  }

  // ---- Following ----

  #hear(message) {
    if (message.kind !== "want" && message.kind !== "bye") this.#heardAt = Date.now();
    if (this.#stream) {
      if (message.kind === "want") this.#others.set(message.tab, message.topics);
      else if (message.kind !== "bye" || !this.#others.delete(message.tab)) return;
      this.#rearrange();
    } else if (message.kind === "carry") {
      this.#others = new Map(message.wants.filter(([tab]) => tab !== this.#tab));
      this.#carry(message);
    } else if (message.kind === "block") {
      this.#take(message);
    } else if (message.kind === "bye") {
      this.#others.delete(message.tab);
    } else if (message.kind === "refused") {
      this.#drop(message.topics, new Problem(message.problem.message, message.problem));
    } else if (message.kind === "state") {
      const { status, reason } = message.state;

      // Without a token the leader goes, and the next tab has one of its own.
      if (status === "closed" && reason === "token") return;
      if (status === "closed") this.#end(message.state);
      else this.#setState(message.state);
    }
  }

  #watchLeader() {
    if (!this.#tabs || this.#stream || document.hidden) this.#heardAt = Date.now();
    else if (Date.now() - this.#heardAt > LEADER_SILENT_MS) {
      this.#heardAt = Date.now();
      this.#tabs.seize();
    }
  }

  #carry({ epoch, seq, position, from, starts, welcome }) {
    // In step: nothing was told that this tab has not heard. After a new leader that began earlier, what comes twice is passed over.
    const isInStep = epoch === this.#epoch ? seq === this.#seq : from !== undefined && from.epoch === this.#epoch && from.seq <= this.#seq;
    const isSame = this.#welcome?.connection === welcome.connection;
    this.#welcome = welcome;
    const carried = new Set(welcome.topics);
    const late = [];
    let isMissing = false;
    for (const [topic, want] of this.#wants) {
      const wasNew = want.isNew;
      if (want.behind !== undefined && starts.get(topic) === want.behind) want.behind = undefined;
      if (!wasNew && !isInStep) want.behind ??= this.#position;
      if (!carried.has(this.#resolve(topic))) {
        if (!wasNew) want.behind ??= this.#position;
        want.run = undefined;
        isMissing = true;
        continue;
      }

      want.isNew = false;
      want.settle(true);
      if (want.behind === undefined) continue;
      if (want.run) want.isStale = true;
      else late.push([topic, want]);
    }

    this.#keep(epoch, seq, position);
    if (late.length > 0) this.#catchUpAll(late);
    if (isMissing) this.#rearrange();
    if (!isSame) this.#typers.clear();
    for (const [topic, members] of Object.entries(welcome.presence ?? {})) {
      if (this.#wantOf(topic)) this.#showMembers(topic, members, [], []);
    }
    if (!isSame) this.#call("onWelcome", welcome);
    this.#setState({ status: "open", connection: welcome.connection, instance: welcome.instance, user: welcome.user, isLeader: this.isLeader });
  }

  #keep(epoch, seq, position) {
    this.#epoch = epoch;
    this.#seq = seq;
    this.#position = position;
    this.#isAsking = false;
  }

  #take({ epoch, seq, position, type, data }) {
    if (epoch !== this.#epoch || seq !== this.#seq + 1) {
      if (!this.#isAsking) this.#ask();
      return;
    }

    this.#seq = seq;
    this.#position = position;
    if (type === undefined || type === "ping") return;
    const event = JSON.parse(data);
    const want = this.#wantOf(event.topic);
    if (!want) return;
    if (type === "presence") this.#showMembers(event.topic, withPresence(this.#members.get(event.topic), event), event.joined ?? [], event.left ?? []);
    else if (type === "typing") this.#showTyping(event);
    else if (want.behind !== undefined && (event.id || type === "gap")) this.#hold(want, type, event);
    else this.#pass(type, event);
  }

  #pass(type, event) {
    if (type === "gap") {
      // After a log that began anew, ids may come again.
      if (event.reason === "reset") this.#seen.delete(event.topic);
      this.#call("onGap", event);
      return;
    }

    if (event.id) {
      if (!isAfter(event.id, this.#seen.get(event.topic))) return;
      this.#seen.set(event.topic, event.id);
    }

    // One command may tell several topics; the page is told once.
    if (event.commandId && this.#commands.has(event.commandId)) return;
    if (event.commandId) this.#commands.add(event.commandId);
    if (!this.#options.echo && this.#sent.has(event.clientMessageId)) return;
    this.#call("onEvent", event);
  }

  #showMembers(topic, members, joined, left) {
    this.#members.set(topic, members);
    this.#call("onPresence", { topic, ...members, joined, left });
  }

  #showTyping({ topic, user, typing }) {
    if (user.id === this.user.id) return;
    const typers = this.#typers.get(topic) ?? new Map();
    this.#typers.set(topic, typers);
    if (typing) typers.set(user.id, user);
    else typers.delete(user.id);
    this.#call("onTyping", { topic, users: [...typers.values()] });
  }

  // ---- Catching up: what lies between where this tab is in a topic and where the stream took it up ----

  #hold(want, type, event) {
    want.held ??= [];
    if (want.held.length >= REMEMBERED) {
      want.held = [];
      want.isStale = true;
    }
    want.held.push([type, event]);
  }

  #catchUpAll(late) {
    const groups = new Map();
    for (const [topic, want] of late) {
      const isPosition = /^[a-z]/i.test(want.behind);
      const key = isPosition ? want.behind : "";
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push([topic, want]);
    }
    for (const [position, wants] of groups) this.#catchUp(wants, position);
  }

  async #catchUp(wants, position) {
    const run = {};
    for (const [, want] of wants) Object.assign(want, { run, isStale: false, held: want.held ?? [] });
    const { types } = this.#options;
    for (let failures = 0; ;) {
      wants = wants.filter(([topic, want]) => this.#wants.get(topic) === want && want.run === run);
      if (wants.length === 0) return;
      for (const [, want] of wants) want.isStale = false;
      let answer;
      try {
        const topic = wants.map(([name, want]) => position ? name : `${name}@${want.behind}`);
        answer = await this.#api.call("api/events", { query: { topic, lastEventId: position, types: types?.join(), presence: "false" }, signal: this.#closing.signal });
        failures = 0;
      } catch (problem) {
        this.#call("onError", problem);
        if (!TRANSIENT.has(problem.status)) break;
        await sleep(problem.retryAfterMs + backoff(FIRST_RETRY_MS, failures++), this.#closing.signal);
        continue;
      }

      if (wants.some(([, want]) => want.run !== run)) continue;
      for (const gap of answer.gaps) this.#pass("gap", gap);
      for (const event of answer.events) this.#pass(event.type, event);
      position = answer.lastEventId;
      for (const [, want] of wants) want.behind = position;
      if (answer.events.length === 0 && answer.gaps.length === 0 && !wants.some(([, want]) => want.isStale)) break;
    }

    for (const [, want] of wants) {
      const { held } = want;
      want.behind = want.held = want.run = undefined;
      for (const [type, event] of held) this.#pass(type, event);
    }
  }
}

/** Follows topics: see `notifier.d.ts`. */
export const connect = options => new Connection(options);
