// What is typed is kept as a draft: htmx sends it (data-draft). Here: what is said when that fails, and the next try.
// What was kept may be left without being asked; what was typed since it was sent may not.
let timer = 0;

function failed({ detail: { ctx } }) {
  const draft = ctx?.sourceElement.closest("[data-draft]");
  const status = ctx?.response?.status;
  if (!draft?.isConnected || status === 401) return;
  const gone = status >= 400 && status < 500;
  draft.textContent = gone ? draft.dataset.gone : draft.dataset.failed;
  clearTimeout(timer);
  if (!gone) timer = setTimeout(() => draft.dispatchEvent(new Event("again")), 5000);
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement.closest("[data-draft]")?.closest("form");
  if (form && "dirty" in form.dataset) form.dataset.dirty = "sent"; // typing makes it "" again (unsaved.js)
});
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:response:error", (event) => event.detail.ctx.response.status !== 422 && failed(event));
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const draft = ctx.sourceElement.closest?.("[data-draft]");
  const form = draft?.closest("form");
  if (form?.dataset.dirty === "sent" && ctx.response.status === 200) delete form.dataset.dirty;
});

// the first colon in a longer text fetches what offers snippets, which hears of every other letter itself
let snippets;
document.addEventListener("input", async ({ data, target }) => {
  const told = data === ":" && !snippets && target.matches("textarea") && document.getElementById("snippets");
  if (!told) return;
  snippets = import(told.dataset.script).catch(() => void (snippets = undefined)); // and again with the next colon
  (await snippets)?.offer(target);
});
