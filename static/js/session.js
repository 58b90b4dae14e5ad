// The end of a session, said before it comes. Mirrors the server: what a person does extends it, polling never does.
// All tabs share one timer. At the end the page is blurred and signing in leads back to it.
const dialog = document.getElementById("session-dialog");
const { idleSeconds, warnSeconds, keepUrl, signInUrl } = document.body.dataset;
const channel = new BroadcastChannel("session");
const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
let used = Date.now();
let ended = false;

function show(part) {
  for (const element of dialog.querySelectorAll("[data-when]")) element.hidden = element.dataset.when !== part;
  if (!dialog.open) dialog.showModal();
}

function touch(tell = true) {
  used = Date.now();
  if (dialog.open && !ended) dialog.close();
  if (tell) channel.postMessage("used");
}

function end() {
  if (ended) return;
  ended = true;
  const here = location.pathname + location.search;
  dialog.querySelector("[data-sign-in]").href = `${signInUrl}?next=${encodeURIComponent(here)}`;
  document.documentElement.classList.add("away");
  show("ended");
  dialog.querySelector("[data-sign-in]").focus();
}

async function keep() {
  touch();
  const answer = await fetch(keepUrl, { method: "POST", headers: token(), redirect: "manual" }).catch(() => null);
  if (answer && !answer.ok) end();
}

function tick() {
  const idle = (Date.now() - used) / 1000;
  const left = Math.ceil(idleSeconds - idle);
  if (left <= 0) end();
  else if (idle >= warnSeconds && !ended) {
    dialog.querySelector("[data-countdown]").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (!dialog.open) show("warning");
  }
}

if (dialog) {
  channel.onmessage = () => touch(false);
  channel.postMessage("used");
  setInterval(tick, 1000);
  dialog.querySelector("[data-stay]").addEventListener("click", keep);
  dialog.addEventListener("cancel", (event) => (ended ? event.preventDefault() : keep()));
  for (const kind of ["keydown", "pointerdown"]) {
    document.addEventListener(kind, () => !dialog.open && Date.now() - used > 60000 && keep(), { passive: true });
  }
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status === 401) end();
    else if (!ctx.sourceElement.closest("[data-passive]")) touch();
  });
}
