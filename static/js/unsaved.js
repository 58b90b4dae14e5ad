// What was typed is not lost by accident. A form with data-guard that was changed asks before the page, or the
// preview pane it sits in, goes elsewhere.
const dialog = document.getElementById("unsaved");
const dirty = (root = document) => root.querySelector("form[data-guard][data-dirty]");
let leave = null;

document.addEventListener("input", (event) => {
  const form = event.target.form?.closest("[data-guard]");
  if (form) form.dataset.dirty = "";
});
document.addEventListener("submit", (event) => delete event.target.dataset.dirty, true);
addEventListener("beforeunload", (event) => dirty() && event.preventDefault());

function ask(goOn) {
  leave = goOn;
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!dialog || !link || !dirty() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const elsewhere = link.origin === location.origin && link.pathname + link.search !== location.pathname + location.search;
  if (!elsewhere || link.target || link.closest("dialog")) return;
  event.preventDefault();
  ask(() => link.click());
}, true);

document.addEventListener("htmx:before:request", (event) => {
  const { target, sourceElement } = event.detail.ctx;
  if (!dialog || !target?.isConnected || sourceElement.closest("form[data-guard]") || !dirty(target)) return;
  event.preventDefault();
  ask(() => sourceElement.click());
});

// a save that was refused leaves the form changed
document.addEventListener("htmx:after:request", (event) => {
  const form = event.detail.ctx.sourceElement.closest?.("form[data-guard]");
  if (form && event.detail.ctx.response.status >= 400) form.dataset.dirty = "";
});

dialog?.addEventListener("close", () => {
  if (dialog.returnValue !== "discard") return;
  document.querySelectorAll("form[data-guard][data-dirty]").forEach((form) => delete form.dataset.dirty);
  dialog.returnValue = "";
  leave?.();
});
