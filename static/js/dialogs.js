// Native dialogs. [data-dialog="id"] opens one that is in the page; an answer swapped into #dialog opens it,
// and the events openDialog and closeDialog (HX-Trigger) do the same from the server. [data-close] closes.
const shared = document.getElementById("dialog");

function open(dialog) {
  // a key that has nothing to press on this page is not announced
  for (const each of dialog?.querySelectorAll("[data-needs]") ?? []) each.hidden = !document.querySelector(each.dataset.needs);
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  const dialog = link && document.getElementById(link.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(dialog);
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  // a click beside a dialog closes it, unless something is being typed there
  if (event.target.matches?.("dialog[open]") && !event.target.querySelector("form") && event.target.id !== "session-dialog") {
    const box = event.target.getBoundingClientRect();
    const beside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (beside) event.target.close();
  }
});

document.addEventListener("htmx:after:swap", () => {
  if (shared?.childElementCount) open(shared);
});
document.addEventListener("openDialog", () => open(shared));
document.addEventListener("closeDialog", () => shared?.close());
shared?.addEventListener("close", () => shared.replaceChildren());
