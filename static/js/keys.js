// Keyboard shortcuts. An element names its own: data-key="n", "mod+k" or "g d" (one after the other). A person's own keys
// (body data-remap) are turned into these. Of several
// elements the last counts: Z undoes what was done last. Single keys rest while typing and can be turned off (body data-keys="off").
const own = JSON.parse(document.body.dataset.remap || "{}");
const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let first = "";
let timer = 0;

// before every other listener: what was pressed as a command, "" when single keys rest
document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const rests = document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target);
  const mapped = document.querySelector("dialog[open]") ? key : (own[key] ?? key); // a dialog names its choices itself
  event.command = rests || event.isComposing ? "" : first ? `${first} ${key}` : mapped;
}, true);

function find(key) {
  const root = document.querySelector("dialog[open]") ?? document;
  return [...root.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].findLast((element) => element.checkVisibility());
}

function press(element, event) {
  event.preventDefault();
  if (!element.dataset.dialog) element.focus(); // after a dialog the focus returns to where it was
  element.click();
}

function save(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  const button = form?.querySelector(".btn.primary:not([disabled])");
  if (!button) return;
  event.preventDefault();
  if (event.shiftKey) goOn(form);
  form.requestSubmit(button.type === "submit" ? button : undefined);
}

function goOn(form) { // once it is saved, the list goes on after the row it was about
  const saved = ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== form) return;
    document.removeEventListener("htmx:after:swap", saved);
    if (ctx.response.status >= 400) return;
    const go = () => document.dispatchEvent(new Event("list:next"));
    const dialog = document.querySelector("dialog[open]"); // nothing behind it takes the focus
    dialog ? dialog.addEventListener("close", go, { once: true }) : go();
  };
  document.addEventListener("htmx:after:swap", saved);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || event.defaultPrevented) return;
  const key = event.key.toLowerCase();
  if (event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (key === "enter") save(event);
    else if (find(`mod+${key}`)) press(find(`mod+${key}`), event);
    return;
  }
  if (!event.command || key.length > 1) return;
  const target = find(event.command);
  clearTimeout(timer);
  first = !first && !target && document.querySelector(`[data-key^="${CSS.escape(event.command)} "]`) ? event.command : "";
  timer = setTimeout(() => (first = ""), 1200);
  if (target) press(target, event);
  else if (event.command === "/") {
    event.preventDefault();
    const field = [...document.querySelectorAll("[data-search], [type=search]")].find((each) => each.checkVisibility());
    if (field) field.focus();
    else find("mod+k")?.click(); // a page without a search of its own: patients are looked for
  } else if (/^[1-9]$/.test(event.command)) document.querySelectorAll(".tabbar .tabs a")[event.command - 1]?.click();
});
