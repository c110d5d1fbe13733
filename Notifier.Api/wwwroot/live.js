// Follows one stream for as long as the page lives, and tells every event once it is there.
//
// A cut stream is the browser's to resume: it reopens the same address with the last id it read as `Last-Event-ID`. Three things it
// does not do, and this does: come back after it gave up (any error status ends an EventSource for good), come back at once when the
// network does, and notice a connection that died without a word.

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const SERVICE_TYPES = ["welcome", "gap", "busy", "expired", "ping"];

/**
 * @param {URL} address The stream.
 * @param {string[]} types The types to hear: an EventSource dispatches by name, and has no name for "any".
 * @param {(type: string, event: any) => void} onEvent
 * @param {(state: "connecting"|"live"|"lost"|"waiting"|"busy"|"ended", why?: {reason?: string, waitMs?: number}) => void} onState
 */
export function follow(address, types, onEvent, onState) {
  let source, lastId, timer, heardAt, silenceMs = 40_000, failures = 0, isTurnedAway = false, hasEnded = false;
  address.searchParams.set("heartbeat", "event");

  function open() {
    clearTimeout(timer);
    source?.close();
    heardAt = Date.now();
    if (lastId) address.searchParams.set("lastEventId", lastId);
    source = new EventSource(address);
    source.onerror = lose;
    for (const type of new Set([...SERVICE_TYPES, ...types])) source.addEventListener(type, hear);
  }

  function hear({ type, data, lastEventId }) {
    heardAt = Date.now();
    lastId = lastEventId || lastId;
    const event = JSON.parse(data);
    if (type === "welcome") {
      failures = 0;
      silenceMs = event.heartbeatSeconds * 2500;
      onState("live");
    } else if (type === "busy") {
      isTurnedAway = true;
      onState("busy", { reason: event.reason, waitMs: event.retryMs });
    } else if (type === "expired") {
      hasEnded = true;
      source.close();
      onState("ended", event);
    }

    onEvent(type, event);
  }

  function lose() {
    if (source.readyState === EventSource.CLOSED) {
      // Half of the wait is chance, or everybody whom one fault cut off would come back in one wave.
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
      timer = setTimeout(open, waitMs);
      onState("waiting", { waitMs });
    } else if (!isTurnedAway) {
      onState("lost");
    }

    isTurnedAway = false;
  }

  function reopen() {
    if (hasEnded) return;
    onState("connecting");
    open();
  }

  addEventListener("online", reopen);
  setInterval(() => {
    if (source.readyState !== EventSource.CLOSED && Date.now() - heardAt > silenceMs) reopen();
  }, 5000);
  onState("connecting");
  open();
}
