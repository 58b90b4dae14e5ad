// The dock of short messages. The server adds one with <hx-partial hx-target="#toasts">, or with the event
// "toast" ({text, tone}). What cannot be undone and did not fail leaves after a while, never under a pointer or focus.
const dock = document.getElementById("toasts");
const STAY = 12000;

function leave(toast) {
  if (!toast.isConnected) return;
  if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAY, toast);
  else toast.remove();
}

function settle(toast) {
  if (!toast.matches("form, .red, :has(form)")) setTimeout(leave, STAY, toast);
  while (dock.childElementCount > 4) dock.firstElementChild.remove();
}

if (dock) {
  dock.querySelectorAll("[data-toast]").forEach(settle);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) settle(node);
  }).observe(dock, { childList: true });
  dock.addEventListener("click", (event) => event.target.closest("[data-dismiss-toast]")?.closest("[data-toast]").remove());
}

document.addEventListener("toast", (event) => {
  const toast = document.createElement("div");
  toast.className = `toast ${event.detail.tone ?? ""}`;
  toast.dataset.toast = "";
  const text = document.createElement("span");
  text.textContent = event.detail.text ?? event.detail.value ?? "";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "x";
  close.dataset.dismissToast = "";
  close.ariaLabel = dock.dataset.dismiss;
  close.textContent = "×";
  toast.append(text, close);
  dock.append(toast);
});
