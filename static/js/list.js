// Walking a list ([data-list] with .row): J and K or the arrows move, O opens a tab, X selects, and D S L A press the
// button of the row with that data-act. Enter is the link's own. The focused link says where one is; its htmx
// attributes load the preview.
const ACTS = { d: "done", s: "snooze", l: "log", a: "assign" };
const typing = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, dialog[open], .menu[open]");
const rows = () => [...document.querySelectorAll("[data-list] .row")].filter((row) => row.checkVisibility());
const current = () => document.querySelector("[data-list] .row[aria-current]");

function mark(row) {
  for (const other of document.querySelectorAll("[data-list] .row[aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
}

function move(step) {
  const all = rows();
  const at = all.indexOf(document.activeElement.closest?.(".row") ?? current());
  const row = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
  row?.querySelector(".pt")?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, label, summary") || getSelection().toString()) return;
  event.target.closest("[data-list] .row")?.querySelector(".pt").focus();
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const box of event.target.closest("table").querySelectorAll(".row [type=checkbox]")) box.checked = event.target.checked;
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-list] .row");
  if (row) mark(row);
});

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.defaultPrevented || typing(event.target) || !document.querySelector("[data-list]")) return;
  const key = event.key.toLowerCase();
  const inList = event.target.closest?.("[data-list]");
  const step = { j: 1, k: -1 }[key] ?? (inList ? { arrowdown: 1, arrowup: -1 }[key] : undefined);
  if (step) {
    event.preventDefault();
    return move(step);
  }
  const row = current();
  if (!row) return;
  if (key === "x") row.querySelector("[type=checkbox]")?.click();
  else if (key === "o") window.open(row.querySelector(".pt").href, "_blank", "noopener");
  else if (ACTS[key]) {
    const button = row.querySelector(`[data-act="${ACTS[key]}"]`) ?? document.querySelector(`#peek [data-act="${ACTS[key]}"]`);
    if (button) {
      event.preventDefault();
      button.click();
    }
  }
});
