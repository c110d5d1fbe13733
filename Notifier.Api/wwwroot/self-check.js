// Asks the service for a short stream of known times, and says what lies between from how it arrives.

import { byId, make } from "./dom.js";

const HELD_MS = 700;

/** The button of the page, and what it finds. */
export function wireSelfCheck() {
  const button = byId("line-check");
  button.addEventListener("click", async () => {
    button.disabled = true;
    byId("line-findings").replaceChildren();
    try {
      const findings = await selfCheck({ query: { as: "self-check" }, onProgress: words => byId("line-progress").textContent = words });
      byId("line-findings").replaceChildren(...findings.map(({ isGood, words }) => make("li", isGood ? "good" : "bad", words)));
      const bad = findings.filter(finding => !finding.isGood).length;
      byId("line-progress").textContent = bad === 0 ? "Nothing stands in the way of streams here." : `${bad} of ${findings.length} to look at:`;
    } catch (problem) {
      byId("line-progress").textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  });
}

/**
 * @typedef {{name: string, isGood: boolean, words: string}} Finding
 * @param {{url?: string, headers?: Record<string, string>, query?: Record<string, string>, silence?: number, onProgress?: (words: string) => void}} options
 *   `headers` for a token; `silence` in seconds, 0 to 120, default as long as the service's heartbeat lets a stream be silent.
 * @returns {Promise<Finding[]>} Throws where there was no stream to judge.
 */
export async function selfCheck({ url = "/", headers = {}, query = {}, silence, onProgress = () => {} } = {}) {
  const address = new URL("api/diagnostics/stream", new URL(url, globalThis.location?.href));
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  if (silence !== undefined) address.searchParams.set("silence", silence);
  address.searchParams.set("run", Math.random().toString(36).slice(2));

  onProgress("Listening");
  const answer = await fetch(address, { headers: { Accept: "text/event-stream", ...headers }, cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `The service, or what is before it, answered ${answer.status}.`);

  const events = [];
  let failure;
  try {
    for await (const event of blocksOf(answer.body)) {
      events.push(event);
      if (event.type === "mark") onProgress(`Event ${event.data.n} came`);
      if (event.type === "mark" && event.data.n === events[0]?.data.marks) onProgress(`Silent for ${events[0].data.silenceSeconds} s`);
    }
  } catch (error) {
    failure = error;
  }

  const [first] = events;
  if (first?.type === "busy") throw new Error(`The service turned the stream away: ${first.data.reason}.`);
  if (first?.type !== "request") throw new Error("What came is no stream of the service.");
  return judge(first.data, events, answer.headers, protocolOf(address), failure);
}

/** What the events' times, the headers and the end of the stream mean. */
function judge(request, events, headers, protocol, failure) {
  const moments = events.filter(event => event.type === "mark" || event.type === "done");
  const lags = moments.map(event => event.at - event.data.elapsedMs);
  const heldMs = Math.round(Math.max(...lags) - Math.min(...lags));
  const isDone = moments.at(-1)?.type === "done";
  const marks = events.filter(event => event.type === "mark").length;
  const [encoding, cacheControl] = [headers.get("content-encoding"), headers.get("cache-control")];
  const isOld = protocol ? protocol === "http/1.1" : false;
  return [
    moments.length < 2
      ? { name: "buffering", isGood: false, words: "The stream ended before its times could be compared." }
      : heldMs > HELD_MS
        ? { name: "buffering", isGood: false, words: `Something holds events back: they came up to ${heldMs} ms late, together. Turn buffering off there.` }
        : { name: "buffering", isGood: true, words: `Events come as they are sent, within ${heldMs} ms of each other.` },
    encoding && encoding !== "identity"
      ? { name: "compression", isGood: false, words: `Something compresses the stream (${encoding}), which the service never does: it may hold events back.` }
      : { name: "compression", isGood: true, words: "Nothing compresses the stream, as far as this client can see." },
    isDone
      ? { name: "silence", isGood: true, words: `A stream that is silent for ${request.silenceSeconds} s stays open; the service is never silent for more than ${request.heartbeatSeconds} s.` }
      : { name: "silence", isGood: false, words: marks < request.marks ? `The stream was cut after ${marks} of ${request.marks} events${because(failure)}.` : `A silent stream was cut within ${request.silenceSeconds} s${because(failure)}. Let it be silent for longer there, or set Streams:HeartbeatSeconds below that.` },
    isOld
      ? { name: "protocol", isGood: false, words: "HTTP/1.1 from this browser: it opens six connections to a host, so a seventh stream waits. HTTP/2 at the edge ends that; tabs that share a stream need less." }
      : { name: "protocol", isGood: true, words: `${protocol ? `${protocol} from this browser` : "This client does not say what it speaks"}, ${request.protocol} at the service.` },
    cacheControl?.includes("no-transform")
      ? { name: "headers", isGood: true, words: "The stream's headers arrive as they were sent." }
      : { name: "headers", isGood: false, words: `Cache-Control arrives as "${cacheControl ?? ""}": something rewrites the stream's headers.` },
    request.forwarded === "ignored"
      ? { name: "proxy", isGood: false, words: "A proxy says who the client is, and the service does not believe it: name the proxy in Proxy:KnownNetworks." }
      : { name: "proxy", isGood: true, words: request.forwarded === "believed" ? `The service believes what its proxy says of the client (${request.scheme}).` : "Nothing says that it passes the request on for another." },
  ];
}

const because = failure => failure ? ` (${failure.message})` : "";

// Known once the stream has ended; empty where another origin does not allow timing.
const protocolOf = address => globalThis.performance?.getEntriesByName?.(address.href).at(-1)?.nextHopProtocol ?? "";

/** The events of a stream, with the moment at which each arrived. */
async function* blocksOf(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    const at = performance.now();
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map(line => line.split(/: ?(.*)/s)));
      if (fields.data) yield { type: fields.event ?? "message", data: JSON.parse(fields.data), at };
    }
  }
}
