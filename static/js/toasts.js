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

function say(text, tone = "") {
  const toast = document.createElement("div");
  toast.className = `toast ${tone}`;
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "x";
  close.dataset.dismissToast = "";
  close.ariaLabel = dock.dataset.dismiss;
  close.textContent = "×";
  toast.append(words, close);
  dock.append(toast);
}

document.addEventListener("toast", ({ detail }) => say(detail.text ?? detail.value, detail.tone));
// an answer that was not put into the page is said; 401 is the session's, a poll may try again
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  if ([401, 409, 422].includes(status) || ctx.sourceElement.closest("[data-passive]")) return;
  say([403, 404].includes(status) ? dock.dataset.gone : dock.dataset.failed, "red");
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.sourceElement.closest("[data-passive]")) say(dock.dataset.offline, "red");
});
