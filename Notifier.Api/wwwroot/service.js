// Requests to the service, and its errors in words.

/** Who the page's address says is here; every request names it, for want of a token. */
export const me = new URLSearchParams(location.search).get("as") ?? "";

/** What went wrong (RFC 9457): a sentence, the status (0: no answer at all), and what is wrong with which field. */
export class Problem extends Error {
  constructor(detail, status = 0, errors = {}) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

export function endpoint(path, query = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries({ as: me, ...query })) url.searchParams.set(name, value);
  return url;
}

export async function call(url, body, onceKey) {
  let response;
  try {
    response = await fetch(url, body && {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": onceKey },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Problem("The service cannot be reached.");
  }

  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(answer.detail ?? `The service answered ${response.status}.`, response.status, answer.errors);
  return { status: response.status, ...answer };
}

/** Shows each error at the field that it names, and what no field is named for at the form's end. */
export function explain(form, problem) {
  const fields = { trackId: "room", lessonId: "lesson" };
  let rest = problem?.message ?? "";
  for (const input of form.querySelectorAll("[aria-describedby]")) {
    const [, messages] = Object.entries(problem?.errors ?? {}).find(([name]) => (fields[name] ?? name) === input.name) ?? [];
    document.getElementById(input.getAttribute("aria-describedby")).textContent = messages ? `${input.labels[0].textContent} ${messages.join(", ")}.` : "";
    input.ariaInvalid = messages ? "true" : null;
    if (messages && rest) input.focus();
    if (messages) rest = "";
  }

  form.querySelector("[data-for=form]").textContent = rest;
}
