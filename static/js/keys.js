// Keyboard shortcuts. An element names its own: data-key="n", "mod+k" or "g d" (one after the other).
// Ctrl Enter saves the form one is in. Single keys rest while typing and can be turned off (body data-keys="off").
const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let first = "";
let timer = 0;

function find(key) {
  const root = document.querySelector("dialog[open]") ?? document;
  return [...root.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((element) => element.checkVisibility());
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
  form.requestSubmit(button.type === "submit" ? button : undefined);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat || event.altKey || event.defaultPrevented) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "enter") save(event);
    else if (find(`mod+${key}`)) press(find(`mod+${key}`), event);
    return;
  }
  if (document.body.dataset.keys === "off" || typing(event.target) || key.length > 1) return;
  if (key === "/") {
    const search = document.querySelector("[data-search], input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
    return;
  }
  const target = (first && find(`${first} ${key}`)) || find(key);
  clearTimeout(timer);
  first = !target && document.querySelector(`[data-key^="${CSS.escape(key)} "]`) ? key : "";
  timer = setTimeout(() => (first = ""), 1200);
  if (target) press(target, event);
});
