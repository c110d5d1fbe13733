// The page itself: a token, then the board. The token stays in this tab.

import { Charts } from "./charts.js";
import { Connections } from "./connections.js";
import { follow } from "./feed.js";

const $ = id => document.getElementById(id);
const tokenKey = "notifier-admin-token";
const listIntervalMs = 30_000;

const request = async (path, options = {}) => {
  const response = await fetch(path, { ...options, headers: { Authorization: `Bearer ${sessionStorage.getItem(tokenKey)}` } });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `The service answered ${response.status}.`);
  return response;
};

function signIn(problem = "") {
  sessionStorage.removeItem(tokenKey);
  $("board").hidden = true;
  $("sign-in").hidden = false;
  $("token-error").textContent = problem;
  $("token").focus();
  offerDevelopmentToken();
}

// In Development the service gives out tokens: there the route answers that it takes POST, elsewhere there is none.
async function offerDevelopmentToken() {
  const { status } = await fetch("/api/dev/tokens").catch(() => ({}));
  $("development-token").hidden = status !== 405;
}

function enter(token) {
  sessionStorage.setItem(tokenKey, token);
  $("sign-in").hidden = true;
  $("board").hidden = false;
  run(token);
}

$("token-form").addEventListener("submit", event => {
  event.preventDefault();
  const token = $("token").value.trim();
  $("token").value = "";
  if (token) enter(token);
});

$("development-token").addEventListener("click", async () => {
  const answer = await fetch("/api/dev/tokens", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sub: "admin", name: "Admin", roles: ["admin"] }),
  });
  if (answer.ok) enter((await answer.json()).token);
  else $("token-error").textContent = (await answer.json()).detail;
});

let session;
$("sign-out").addEventListener("click", () => {
  session?.abort();
  signIn();
});

const charts = new Charts($("charts"));
const connections = new Connections(
  { users: $("users"), usersNote: $("users-note"), rooms: $("rooms"), roomsNote: $("rooms-note"), closings: $("closings"), closingsNote: $("closings-note") }, confirmEnd);
$("filter").addEventListener("input", event => {
  connections.filter = event.target.value;
  connections.show();
});

const totals = [["streams", "Streams"], ["users", "Users"], ["rooms", "Rooms"], ["published", "Events"], ["delivered", "Deliveries"], ["reconnects", "Reconnects"], ["gaps", "Gaps"], ["closed", "Closed"]];
for (const [name, title] of totals) {
  const entry = document.createElement("div");
  entry.append(Object.assign(document.createElement("dt"), { textContent: title }), Object.assign(document.createElement("dd"), { id: `total-${name}`, textContent: "–" }));
  $("totals").append(entry);
}

async function run(token) {
  session = new AbortController();
  const { signal } = session;
  const list = async () => {
    try {
      connections.replace((await (await request("/api/admin/connections")).json()).connections);
    } catch {
      // The stream says what is wrong; the next round asks again.
    }
  };
  const timer = setInterval(list, listIntervalMs);
  signal.addEventListener("abort", () => clearInterval(timer));

  try {
    for await (const { type, data } of follow(token, showState, signal)) {
      if (type === "welcome") await list();
      if (type === "connected") connections.opened(data);
      if (type === "disconnected") connections.closed(data);
      if (type === "stats") showStats(data);
      if (type === "expired") return leave("The token ran out; sign in with a new one.");
    }
  } catch (problem) {
    leave(problem.message);
  }

  function leave(why) {
    session.abort();
    signIn(why);
  }
}

function showState(state) {
  $("state").dataset.state = state;
  $("state").textContent = { live: "live", connecting: "connecting", lost: "cut off, coming back" }[state];
}

function showStats(stats) {
  charts.add(stats);
  const names = charts.instances;
  $("instances").textContent = names.length === 1 ? names[0] : `${names.length} instances: ${names.join(", ")}`;
  for (const [name] of totals) $(`total-${name}`).textContent = charts.total(name).toLocaleString("en");
}

function confirmEnd(user, streams) {
  $("confirm-text").textContent = `${user.name ? `${user.name} (${user.id})` : user.id} has ${streams} ${streams === 1 ? "stream" : "streams"}, on all instances.`;
  $("confirm-error").textContent = "";
  $("confirm-yes").onclick = async () => {
    try {
      await request(`/api/admin/users/${encodeURIComponent(user.id)}/connections?forSeconds=${Number($("refuse").value) || 0}`, { method: "DELETE" });
      $("confirm").close();
    } catch (problem) {
      $("confirm-error").textContent = problem.message;
    }
  };
  $("confirm-no").onclick = () => $("confirm").close();
  $("confirm").showModal();
}

// A module runs after the deferred script of the charts' library.
const known = sessionStorage.getItem(tokenKey);
if (known) enter(known);
else signIn();
