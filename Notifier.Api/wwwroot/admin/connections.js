// Who is connected where: the list when the page opens and twice a minute, and between the two what the stream tells.

const maxRows = 100;
const maxClosings = 50;

export class Connections {
  #open = new Map();
  #closings = [];
  #isDirty = false;
  filter = "";

  constructor(places, end) {
    Object.assign(this, { places, end });
    setInterval(() => this.#isDirty && this.show(), 500);
  }

  replace(list) {
    this.#open = new Map(list.map(connection => [connection.connection, connection]));
    this.#isDirty = true;
  }

  opened(connection) {
    this.#open.set(connection.connection, connection);
    this.#isDirty = true;
  }

  closed(connection) {
    this.#open.delete(connection.connection);
    this.#closings.unshift(connection);
    this.#closings.length = Math.min(this.#closings.length, maxClosings);
    this.#isDirty = true;
  }

  show() {
    this.#isDirty = false;
    const users = new Map(), rooms = new Map();
    for (const { user, topics } of this.#open.values()) {
      const one = users.get(user.id) ?? users.set(user.id, { user, streams: 0, topics: new Set() }).get(user.id);
      one.streams++;
      for (const topic of topics) {
        one.topics.add(topic);
        if (!topic.startsWith("room:")) continue;
        const room = rooms.get(topic) ?? rooms.set(topic, { name: topic.slice(5), streams: 0, users: new Set() }).get(topic);
        room.streams++;
        room.users.add(user.id);
      }
    }

    const fits = text => text.toLowerCase().includes(this.filter.toLowerCase());
    const { places } = this;
    fill(places.users, places.usersNote, [...users.values()].filter(({ user, topics }) => fits(user.id) || fits(user.name ?? "") || [...topics].some(fits))
      .sort((a, b) => b.streams - a.streams || (a.user.id < b.user.id ? -1 : 1)), "users", one =>
      [one.user.name ? `${one.user.name} (${one.user.id})` : one.user.id, one.streams, brief([...one.topics]), this.#button(one)]);
    fill(places.rooms, places.roomsNote, [...rooms.values()].filter(({ name }) => fits(name)).sort((a, b) => b.streams - a.streams || (a.name < b.name ? -1 : 1)), "rooms", room =>
      [room.name, room.streams, room.users.size]);
    if (this.#closings.length > 0) fill(places.closings, places.closingsNote, this.#closings, "closings", closing =>
      [new Date(closing.at).toLocaleTimeString(), closing.user.id, closing.reason, lasted(closing.durationSeconds), brief(closing.topics)]);
  }

  #button({ user, streams }) {
    const button = document.createElement("button");
    button.className = "plain";
    button.textContent = "End";
    button.setAttribute("aria-label", `End the streams of ${user.id}`);
    button.addEventListener("click", () => this.end(user, streams));
    return button;
  }
}

function fill(body, note, entries, what, cells) {
  const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  body.replaceChildren(...entries.slice(0, maxRows).map(entry => {
    const row = document.createElement("tr");
    for (const cell of cells(entry)) row.insertCell().append(cell);
    return row;
  }));
  note.textContent = entries.length === 0 ? `No ${what}.` : entries.length > maxRows ? `And ${entries.length - maxRows} more ${what}.` : "";
  if (focused) [...body.querySelectorAll("button")].find(button => button.getAttribute("aria-label") === focused)?.focus();
}

const brief = topics => topics.length > 4 ? `${topics.slice(0, 4).join(", ")} and ${topics.length - 4} more` : topics.join(", ");
const lasted = seconds => seconds < 60 ? `${seconds.toFixed(1)} s` : seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
