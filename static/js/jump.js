// Ctrl K. The focus stays in the field; arrows mark an answer, Enter opens it. Until the answer to what was typed last is
// there, Enter does nothing: nobody opens a patient they have not read.
const field = document.getElementById("jump-text");
const results = document.getElementById("jump-results");
const options = () => [...results.querySelectorAll("a")];
let marked;
let sent;
let answered;

function mark(option) {
  marked?.removeAttribute("aria-selected");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option?.id ?? "");
  marked = option;
}

const ask = () => field.dispatchEvent(new Event("input"));

document.addEventListener("click", (event) => {
  if (!event.target.closest(".jump")) return;
  field.form.reset();
  results.replaceChildren();
  ask();
});
// whoever was quicker than the page asked before anybody listened
field?.addEventListener("htmx:after:init", () => field.checkVisibility() && ask());
field?.addEventListener("input", () => {
  answered = null;
  mark();
});
field?.addEventListener("htmx:before:request", () => (sent = field.value));
field?.addEventListener("htmx:after:swap", () => {
  if (sent === field.value) mark(options()[0]);
  answered = sent;
});
field?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const all = options();
    mark(all.at((all.indexOf(marked) + step) % all.length));
  } else if (event.key !== "Enter" || (!marked && answered === field.value)) return;
  else if (marked && (event.ctrlKey || event.metaKey)) open(marked.href, "_blank", "noopener");
  else marked?.click();
  event.preventDefault();
});
