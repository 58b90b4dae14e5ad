// Walking a list ([data-list] with .row): J and K or the arrows move, with Shift they select on the way, O opens a tab, X
// selects, Space shows and hides the preview, and D S L A E P press what has that data-act in the row itself, never in the
// preview, which may still be of another. What a row has no room for (#row-acts) is put into it when a key asks. Past either end they come to the next patient (.walk), when the list stands in a record.
// Enter is the link's own. Where one is, focus.js keeps; the htmx attributes of the focused link load the preview.
const ACTS = { d: "done", s: "snooze", l: "log", a: "assign", e: "due", p: "priority" };
const rows = () => [...document.querySelectorAll("[data-list] .row")].filter((row) => row.checkVisibility());
const current = () => document.querySelector("[data-list] .row[aria-current]");
const NOBODY = "00000000-0000-0000-0000-000000000000"; // stands in #row-acts for the task of the row
const box = (row) => row?.querySelector("[type=checkbox]");

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

function preview(row, pane) {
  pane.hidden = !pane.hidden;
  row?.querySelector(".pt").blur();
  row?.querySelector(".pt").focus(); // which loads it
}

function pressed(row, act) {
  const more = document.getElementById("row-acts");
  // whoever may snooze a task may do these
  if (more && row.querySelector("[data-act=snooze]") && !row.querySelector("[data-act=due]")) {
    row.lastElementChild.insertAdjacentHTML("beforeend", more.innerHTML.replaceAll(NOBODY, row.id.slice(-36)));
    htmx.process(row.lastElementChild);
  }
  return row.querySelector(act);
}

document.addEventListener("list:next", () => move(1));
document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, label, summary") || getSelection().toString()) return;
  event.target.closest("[data-list] .row")?.querySelector(".pt").focus();
});

document.addEventListener("keydown", (event) => {
  const key = event.command;
  const inList = event.target.closest?.("[data-list]");
  if (!key || event.defaultPrevented || event.target.closest?.("dialog[open], .menu[open]")) return;
  if (event.target.matches(`.walk [data-key="${CSS.escape(key)}"]`)) return;
  const step = { j: 1, k: -1 }[key] ?? (inList ? { arrowdown: 1, arrowup: -1 }[key] : undefined);
  if (step && document.querySelector("[data-list]")) {
    event.preventDefault();
    return move(step, event.shiftKey);
  }
  const row = current();
  const pane = document.getElementById("peek");
  if (key === " " && pane && event.target.matches(".row .pt")) {
    event.preventDefault();
    preview(row, pane);
  } else if (!row) return;
  else if (key === "x") box(row)?.click();
  else if (key === "o") window.open(row.querySelector(".pt").href, "_blank", "noopener");
  else if (ACTS[key]) {
    const button = pressed(row, `[data-act="${ACTS[key]}"]`);
    if (button) event.preventDefault();
    button?.click();
  }
});
