// Where one is in a list, and where the focus goes after a part of the page was replaced. A fragment that wants it says
// autofocus, which htmx obeys; here: what was done at once leads to the next row, a dialog back to the row it was about, and
// nothing is lost to the top of the page.
const current = () => document.querySelector("[data-list] .row[aria-current]");
let here = current()?.id;
let next = null;

function mark(row) {
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  here = row.id;
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-list] .row");
  if (row) mark(row);
});

document.addEventListener("htmx:before:request", (event) => {
  const { target, sourceElement } = event.detail.ctx;
  // no preview where the pane has no room, nor of a row one has walked past: it would count as opening a record nobody sees
  const asked = sourceElement.closest(".row");
  if (target?.id === "peek" && (!target.checkVisibility() || (asked && asked !== current()))) return event.preventDefault();
  if (sourceElement.closest("[data-passive]")) return; // a draft, a question of the page: nobody went anywhere
  const dialog = sourceElement.closest("dialog");
  const row = sourceElement.closest("[data-list] .row") ?? (dialog && (next?.row ?? current()));
  const all = [...document.querySelectorAll("[data-list] .row")];
  const at = all.indexOf(row);
  next = row && { row, dialog, after: all[at + 1], before: all[at - 1] };
});

function settle() {
  const same = document.getElementById(here); // came back changed
  if (same && !current()) mark(same);
  if (!next || next.row.isConnected || document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
  const again = document.getElementById(next.row.id);
  const stays = again && (next.dialog || !again.matches(".done"));
  const row = stays ? again : [next.after, again, next.before].find((each) => each?.isConnected);
  next = null;
  (row?.querySelector(".pt") ?? document.getElementById("main"))?.focus();
}

document.addEventListener("htmx:after:swap", settle);
document.getElementById("dialog")?.addEventListener("close", settle);

// the summary of errors after a plain page load
document.querySelector("[data-errors]")?.focus();
