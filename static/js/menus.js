// Menus are <details data-menu> and open without this. Here: one open at a time, Escape and a click beside close,
// arrows move between the entries.
const menus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const entries = [...menu.querySelectorAll(".pop a, .pop button")].filter((entry) => entry.offsetParent);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = entries.indexOf(document.activeElement) + step;
    entries.at(next < 0 ? -1 : next % entries.length)?.focus();
    event.preventDefault();
  }
});
