// Says that a list has changed elsewhere. It asks each minute (data-every) while somebody looks at the page, and rests on a
// press of its button. It never touches the rows: whoever wants the new list loads it.
const notice = () => document.getElementById("stale");
const every = notice().dataset.every * 1000;
let asked = Date.now();
let rests = false;

function ask() {
  if (document.hidden || rests || Date.now() - asked < every - 100) return;
  asked = Date.now();
  const shown = [...document.querySelectorAll("[data-list] .row[id]")].slice(0, 60);
  notice().querySelector("[name=ids]").value = shown.map((row) => row.id.slice(-36)).join(",");
  notice().dispatchEvent(new Event("ask"));
}

// htmx may bring the list anew, and the notice with it
function dress() {
  const button = notice()?.querySelector("button");
  button?.toggleAttribute("hidden", false);
  button?.setAttribute("aria-pressed", rests);
}

setInterval(ask, every);
document.addEventListener("visibilitychange", ask);
document.addEventListener("htmx:after:swap", dress);
document.addEventListener("click", ({ target }) => {
  if (!target.closest("#stale button")) return;
  rests = !rests;
  dress();
});
dress();
