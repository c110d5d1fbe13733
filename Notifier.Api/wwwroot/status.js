// The connection in plain words, and the switch that cuts it.

import { byId } from "./dom.js";

const busy = {
  draining: "The service restarts",
  full: "The service is full",
  "too-many-streams": "You have too many windows open",
  store: "The service has lost its store",
};

export class Status {
  #hasMissed = false;
  #counting;
  #state = { status: "connecting" };

  /** Shows what `onState` of a connection was told. */
  show(state) {
    this.#state = state;
    const { status, waitMs = 0, connection = "" } = state;
    const isMissing = status === "open" && this.#hasMissed;
    byId("state").dataset.state = isMissing ? "missed" : status;
    byId("state-words").textContent = this.#words(state);
    byId("connection").textContent = connection;
    byId("cut").ariaPressed = status === "paused" && state.reason === "page" ? "true" : "false";

    // Beside the words, not in them: a screen reader need not count along.
    clearInterval(this.#counting);
    let seconds = status === "waiting" && waitMs < 1e6 ? Math.ceil(waitMs / 1000) : 0;
    const count = () => byId("countdown").textContent = seconds > 0 ? ` in ${seconds--} s` : "";
    count();
    if (seconds > 0) this.#counting = setInterval(count, 1000);
  }

  missed() {
    this.#hasMissed = true;
    this.show(this.#state);
  }

  #words({ status, reason, problem }) {
    if (status === "connecting") return "Connecting";
    if (status === "open") return this.#hasMissed ? "Live, missed some" : "Live";
    if (status === "paused") return reason === "page" ? "Line cut" : "Asleep";
    if (status === "waiting") return busy[reason] ? `${busy[reason]}. Coming back` : reason === "no topics" ? "Not listening" : "Coming back";
    if (reason === "token") return "Ended: your token ran out. Reload to come back";
    return reason === "revoked" ? "Ended by an administrator" : `Ended: ${problem?.message ?? "the page let go"}`;
  }
}

/** The switch: a cut line stays cut until it is let go again. */
export function wireSwitch(line) {
  byId("cut").addEventListener("click", () => line.state.status === "paused" ? line.resume() : line.pause());
}
