// Where the focus goes after a part of the page was replaced. A fragment that wants it says autofocus, which htmx
// obeys; here: when the focused row leaves a list, the next row gets it, and nothing is lost to the top of the page.
let next = null;

document.addEventListener("htmx:before:request", (event) => {
  const { target, sourceElement } = event.detail.ctx;
  // no preview where the pane has no room: it would count as opening a record nobody sees
  if (target?.id === "peek" && !target.checkVisibility()) return event.preventDefault();
  const row = sourceElement.closest?.("[data-list] .row");
  const all = [...document.querySelectorAll("[data-list] .row")];
  const at = all.indexOf(row);
  next = row ? { row, after: all[at + 1] ?? all[at - 1] } : null;
});

document.addEventListener("htmx:after:swap", () => {
  if (next && !next.row.isConnected) {
    const again = next.row.id && document.getElementById(next.row.id);
    const row = again ?? next.after;
    if (row?.isConnected) row.querySelector(".pt")?.focus();
    else document.getElementById("main")?.focus();
    next = null;
  }
});

// the summary of errors after a plain page load
document.querySelector("[data-errors]")?.focus();
