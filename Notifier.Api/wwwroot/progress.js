// A class: who has completed how many lessons, as bars that move.

import { byId, make } from "./dom.js";

export const count = lessons => `${lessons} ${lessons === 1 ? "lesson" : "lessons"}`;

export class Progress {
  #rows = new Map();
  #mine = new Set();
  #me;

  constructor(me) {
    this.#me = me;
  }

  load(learners) {
    for (const { userId, completed } of learners) this.advance(userId, completed.length, completed);
  }

  advance(userId, completed, lessons) {
    if (userId === this.#me) for (const lesson of lessons) this.#mine.add(lesson);
    const row = this.#rows.get(userId) ?? make("li", "", make("span", "name", userId), make("span", "quiet"), make("progress"));
    row.completed = Math.max(completed, row.completed ?? 0);
    this.#rows.set(userId, row);
  }

  /** The service has answered that this user completed it; the event may come later. */
  done(lesson) { this.#mine.add(lesson); }

  /** The lesson to suggest: the first of the usual names that is not done. */
  get next() {
    let next = 1;
    while (this.#mine.has(`lesson-${next}`)) next++;
    return `lesson-${next}`;
  }

  show() {
    // How long a track is, its school knows; here the scale grows in steps of five.
    const scale = Math.ceil(Math.max(5, ...[...this.#rows.values()].map(row => row.completed)) / 5) * 5;
    for (const [user, { children: [, words, bar], completed: value }] of this.#rows) {
      words.textContent = count(value);
      Object.assign(bar, { max: scale, value, ariaLabel: `${user}: ${count(value)}` });
    }

    const rows = [...this.#rows.keys()].sort().map(user => this.#rows.get(user));
    const shown = byId("learners").children;
    if (rows.length !== shown.length || rows.some((row, i) => row !== shown[i])) byId("learners").replaceChildren(...rows);
    byId("no-learners").hidden = rows.length > 0;
  }
}
