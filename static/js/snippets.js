// A colon and the beginning of a short name, in any longer text, offer one's snippets: arrows mark one, Enter or Tab writes it, and
// so does a space after a whole name. They are asked for once a page, and live in its memory only. Undo of the browser takes one back.
const told = document.getElementById("snippets").dataset;
const { list, close, mark, show } = await import(told.offers);
const LETTERS = "[\\p{L}\\p{N}_-]";
const BEGUN = new RegExp(`(?:^|[\\s(])(:${LETTERS}{0,20})$`, "u");
const ENDED = new RegExp(`(?:^|[\\s(])(:${LETTERS}{1,20}) $`, "u");
let asked;
let all = [];

async function ask() {
  const answer = await fetch(told.url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return void (asked = undefined); // and ask again with the next colon
  all = (await answer.json()).snippets;
}

const before = (field) => (field.selectionStart === field.selectionEnd ? field.value.slice(0, field.selectionStart) : "");

function write(field, snippet, pattern) {
  const word = before(field).match(pattern)[1];
  const end = pattern === ENDED ? field.selectionStart - 1 : field.selectionStart;
  const start = end - word.length;
  field.setSelectionRange(start, end);
  close();
  // the only way to write that Ctrl Z takes back
  if (!document.execCommand("insertText", false, snippet.text)) {
    field.setRangeText(snippet.text, start, end, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const blank = snippet.text.indexOf("___");
  if (blank >= 0) field.setSelectionRange(start + blank, start + blank + 3);
  else if (pattern === ENDED) field.setSelectionRange(field.selectionStart + 1, field.selectionStart + 1);
}

export async function offer(field) {
  if (field.matches("[data-plain]") || !BEGUN.test(before(field))) return close();
  await (asked ??= ask());
  const word = before(field).match(BEGUN)?.[1];
  if (!word || document.activeElement !== field) return;
  show(field, all, word.slice(1).toLowerCase(), (snippet) => write(field, snippet, BEGUN));
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (event.isComposing || !field.matches("textarea")) return;
  if (event.data === " ") {
    const name = before(field).match(ENDED)?.[1].slice(1).toLowerCase();
    const whole = all.find((each) => each.name === name);
    if (whole) return write(field, whole, ENDED);
  }
  offer(field);
});

document.addEventListener("focusout", (event) => event.target === list.area && close());

document.addEventListener(
  "keydown",
  (event) => {
    const free = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (!list.pop || event.target !== list.area || free) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(list.marked + step);
    else if (event.key === "Escape") close();
    else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey) write(list.area, list.offered[list.marked], BEGUN);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // neither the dialog nor the list behind it hears of this
  },
  true,
);
