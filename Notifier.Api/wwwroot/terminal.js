// Commands to paste into a terminal, whose events arrive in this window.

import { byId, make } from "./dom.js";

export function showCommands(room, me) {
  const roomPath = `/api/rooms/${encodeURIComponent(room)}`;
  const json = (path, body) => `curl -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}' \\\n  '${new URL(`${path}?as=terminal`, location.origin)}'`;
  const commands = {
    "A message": json(`${roomPath}/messages`, { text: "Hello from a terminal" }),
    "A private message to you": json(`/api/users/${me}/messages`, { text: "Just between us" }),
    "A notification": json(`/api/users/${me}/notifications`, { title: "New post", message: "Grace wrote about compilers" }),
    "To everyone": json("/api/broadcast", { type: "announcement", data: { text: "Maintenance at noon" } }),
    "An event of your own type": json(`${roomPath}/events`, { type: "doc:update", data: { doc: "notes", version: 7 } }),
  };
  byId("commands").replaceChildren(...Object.entries(commands).flatMap(([title, command]) => [make("h3", "", title), make("pre", "", command)]));
  byId("terminal").showModal();
}
