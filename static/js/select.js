// Selecting the rows of a list: the box in its head ([data-all]) and Ctrl A select all, and what is selected is counted.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]"))
    for (const each of event.target.closest("table").querySelectorAll(".row [type=checkbox]")) each.checked = event.target.checked;
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = document.querySelectorAll(".row :checked").length;
});

document.addEventListener("keydown", (event) => {
  const all = event.target.closest?.("[data-list]")?.querySelector("[data-all]");
  if (!all || event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  all.click();
});
