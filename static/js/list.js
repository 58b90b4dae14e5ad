// Walking a list ([data-list] with .row): J and K or the arrows move, with Shift they select on the way, O opens a tab, X
// selects, Ctrl A all, Space shows and hides the preview, and D S L A E P press the button of the row with that data-act.
// Past either end they come to the next patient (.walk), when the list stands in a record. Enter is the link's own. The focused link says where one is; its htmx attributes load the preview.
const ACTS = { d: "done", s: "snooze", l: "log", a: "assign", e: "due", p: "priority" };
const rows = () => [...document.querySelectorAll("[data-list] .row")].filter((row) => row.checkVisibility());
const current = () => document.querySelector("[data-list] .row[aria-current]");
const box = (row) => row?.querySelector("[type=checkbox]");

function mark(row) {
  for (const other of document.querySelectorAll("[data-list] .row[aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
}

function move(step, extend) {
  const all = rows();
  const from = document.activeElement.closest?.(".row") ?? current();
  const at = all.indexOf(from);
  if (document.activeElement.matches(".walk a")) step = 0;
  const onward = !extend && !all[at < 0 ? 0 : at + step] && document.querySelector(`.walk [data-key=${step > 0 ? "j" : "k"}]`);
  if (onward) return onward.focus(); // pressed once more it leads on: nobody changes the patient by one key too many
  const row = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
  row?.querySelector(".pt")?.focus();
  row?.scrollIntoView({ block: "nearest" });
  if (extend) for (const each of [from, row]) if (box(each)?.checked === false) box(each).click();
}

function preview(row) {
  const pane = document.getElementById("peek");
  pane.hidden = !pane.hidden;
  row?.querySelector(".pt").blur();
  row?.querySelector(".pt").focus(); // which loads it
}

document.addEventListener("list:next", ({ detail }) => {
  if (document.getElementById(detail)) mark(document.getElementById(detail));
  move(1);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, label, summary") || getSelection().toString()) return;
  event.target.closest("[data-list] .row")?.querySelector(".pt").focus();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]"))
    for (const each of event.target.closest("table").querySelectorAll(".row [type=checkbox]")) each.checked = event.target.checked;
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = document.querySelectorAll(".row :checked").length;
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-list] .row");
  if (row) mark(row);
});

document.addEventListener("keydown", (event) => {
  const key = event.command;
  const inList = event.target.closest?.("[data-list]");
  const all = inList?.querySelector("[data-all]");
  if (all && event.key === "a" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    all.click();
  }
  if (!key || event.defaultPrevented || event.target.closest?.("dialog[open], .menu[open]")) return;
  if (event.target.matches(`.walk [data-key="${CSS.escape(key)}"]`)) return;
  const step = { j: 1, k: -1 }[key] ?? (inList ? { arrowdown: 1, arrowup: -1 }[key] : undefined);
  if (step && document.querySelector("[data-list]")) {
    event.preventDefault();
    return move(step, event.shiftKey);
  }
  const row = current();
  if (key === " " && event.target.matches(".row .pt")) {
    event.preventDefault();
    preview(row);
  } else if (!row) return;
  else if (key === "x") box(row)?.click();
  else if (key === "o") window.open(row.querySelector(".pt").href, "_blank", "noopener");
  else if (ACTS[key]) {
    const button = row.querySelector(`[data-act="${ACTS[key]}"]`) ?? document.querySelector(`#peek [data-act="${ACTS[key]}"]`);
    if (button) event.preventDefault();
    button?.click();
  }
});
