// Elements, made and found; text goes in as text, never as markup.

export const byId = id => document.getElementById(id);

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function button(className, words, act) {
  const made = make("button", className, words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

export function timeOf(iso) {
  const date = new Date(iso);
  const day = date.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  const time = make("time", "", date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" }));
  time.dateTime = iso;
  return time;
}

export function tick() {
  const mark = make("span", "tick", "✓");
  mark.role = "img";
  mark.ariaLabel = "stored";
  return mark;
}

/** An id as text that sorts: both of its numbers grow. */
export const orderOf = id => id.split("-").map(number => number.padStart(16, "0")).join("-");

/** Any JSON as something to read. */
export function brief(data) {
  const text = [data, data?.text, data?.message].find(one => typeof one === "string") ?? JSON.stringify(data);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Enter sends, Shift and Enter begins a line; not while an input method is composing. */
export function sendOnEnter(field) {
  field.addEventListener("keydown", key => {
    if (key.key !== "Enter" || key.shiftKey || key.isComposing) return;
    key.preventDefault();
    field.form.requestSubmit();
  });
}

/** Shows each of a problem's errors at the field that it names, and what no field is named for at the form's end; without a problem, none. */
export function explain(form, problem) {
  const fields = { trackId: "room", lessonId: "lesson" };
  let rest = problem?.message ?? "";
  for (const input of form.querySelectorAll("[aria-describedby]")) {
    const [, messages] = Object.entries(problem?.errors ?? {}).find(([name]) => (fields[name] ?? name) === input.name) ?? [];
    byId(input.getAttribute("aria-describedby")).textContent = messages ? `${input.labels[0].textContent} ${messages.join(", ")}.` : "";
    input.ariaInvalid = messages ? "true" : null;
    if (messages && rest) input.focus();
    if (messages) rest = "";
  }

  form.querySelector("[data-for=form]").textContent = rest;
}
