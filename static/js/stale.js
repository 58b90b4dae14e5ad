// Says that a list has changed elsewhere. It asks each minute (data-every) while somebody looks at the page, and rests on a
// press of its button. It never touches the rows: whoever wants the new list loads it.
const notice = document.getElementById("stale");
const every = notice.dataset.every * 1000;
let asked = Date.now();

function ask() {
  if (document.hidden || notice.dataset.rests || Date.now() - asked < every - 100) return;
  asked = Date.now();
  const shown = [...document.querySelectorAll("[data-list] .row[id]")].slice(0, 60);
  notice.querySelector("[name=ids]").value = shown.map((row) => row.id.slice(-36)).join(",");
  notice.dispatchEvent(new Event("ask"));
}

setInterval(ask, every);
document.addEventListener("visibilitychange", ask);
notice.querySelector("button").addEventListener("click", ({ currentTarget }) => {
  notice.dataset.rests = notice.dataset.rests ? "" : "1";
  currentTarget.ariaPressed = notice.dataset.rests ? "true" : "false";
});
notice.querySelector("button").hidden = false;
