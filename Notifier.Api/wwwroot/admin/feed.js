// The admin's stream, read with fetch: an EventSource could not send the token in a header, and an address is no place for it.

const silenceMs = 10_000;

/** The events of the stream, for ever: it comes back after every cut. `status` is told connecting, live or lost; a refusal ends it. */
export async function* follow(token, status, signal) {
  let retryMs = 2000;
  while (!signal.aborted) {
    status("connecting");
    try {
      for await (const event of once(token, signal)) {
        if (event.retry) retryMs = event.retry;
        if (event.type === "welcome") status("live");
        if (event.type) yield event;
      }
    } catch (problem) {
      if (problem.refusal) throw problem;
    }

    if (signal.aborted) return;
    status("lost");
    await new Promise(done => setTimeout(done, retryMs));
  }
}

async function* once(token, signal) {
  const cut = new AbortController();
  const stop = () => cut.abort();
  signal.addEventListener("abort", stop);
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(stop, silenceMs);
  };

  try {
    const response = await fetch("/api/admin/events", {
      headers: { Accept: "text/event-stream", Authorization: `Bearer ${token}` }, cache: "no-store", signal: cut.signal,
    });
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw Object.assign(new Error(problem.detail ?? `The service answered ${response.status}.`), { refusal: [401, 403].includes(response.status) });
    }

    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (alive(); ;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) yield parse(block);
    }
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
    cut.abort();
  }
}

function parse(block) {
  const event = {};
  for (const line of block.split("\n")) {
    if (line.startsWith("retry: ")) event.retry = Number(line.slice(7));
    if (line.startsWith("event: ")) event.type = line.slice(7);
    if (line.startsWith("data: ")) event.data = JSON.parse(line.slice(6));
  }

  return event;
}
