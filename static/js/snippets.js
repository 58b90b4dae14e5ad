// A colon and the beginning of a short name, in any longer text, offer one's snippets: arrows mark one, Enter or Tab writes it, and
// so does a space after a whole name. They are asked for once a page, and live in its memory only. Undo of the browser takes one back.
const told = document.getElementById("snippets");
const LETTERS = "[\\p{L}\\p{N}_-]";
const BEGUN = new RegExp(`(?:^|[\\s(])(:${LETTERS}{0,20})$`, "u");
const ENDED = new RegExp(`(?:^|[\\s(])(:${LETTERS}{1,20}) $`, "u");
const SHOWN = 8;
let asked;
let all = [];
let area;
let pop;
let offered = [];
let marked;

const ask = async () => {
  const answer = await fetch(told.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return void (asked = undefined); // and ask again with the next colon
  all = (await answer.json()).snippets;
};

const before = (field) => (field.selectionStart === field.selectionEnd ? field.value.slice(0, field.selectionStart) : "");

function close() {
  pop?.remove();
  for (const name of ["aria-autocomplete", "aria-controls", "aria-activedescendant"]) area?.removeAttribute(name);
  area = pop = marked = undefined;
  offered = [];
}

function mark(at) {
  const options = [...pop.querySelectorAll("[role=option]")];
  marked = (at + options.length) % options.length;
  for (const option of options) option.removeAttribute("aria-selected");
  options[marked].setAttribute("aria-selected", "true");
  options[marked].scrollIntoView({ block: "nearest" });
  area.setAttribute("aria-activedescendant", options[marked].id);
}

function option(snippet, n) {
  const row = document.createElement("div");
  const name = document.createElement("b");
  name.textContent = `:${snippet.name}`;
  const words = document.createElement("span");
  words.textContent = snippet.text;
  const whose = document.createElement("small");
  whose.textContent = snippet.whose;
  row.append(name, words, whose);
  row.id = `snippet-${n}`;
  row.setAttribute("role", "option");
  row.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    write(snippet, BEGUN);
  });
  return row;
}

function show(field, word) {
  const found = all.filter((each) => each.name.startsWith(word)).slice(0, SHOWN);
  if (!found.length || area !== field) close();
  if (!found.length) return;
  offered = found;
  area = field;
  pop ??= told.content.firstElementChild.cloneNode(true);
  pop.firstElementChild.replaceChildren(...offered.map(option));
  area.after(pop);
  pop.style.insetBlockStart = `${area.offsetTop + area.offsetHeight}px`;
  pop.style.insetInlineStart = `${area.offsetLeft}px`;
  pop.style.inlineSize = `${area.offsetWidth}px`;
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", "snippet-list");
  mark(0);
}

function write(snippet, pattern) {
  const field = area ?? document.activeElement;
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
  if (word && document.activeElement === field) show(field, word.slice(1).toLowerCase());
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (event.isComposing || event.data === ":" || !field.matches("textarea")) return;
  if (event.data === " ") {
    const name = before(field).match(ENDED)?.[1].slice(1).toLowerCase();
    const whole = all.find((each) => each.name === name);
    if (whole) return write(whole, ENDED);
  }
  offer(field);
});

document.addEventListener("focusout", (event) => event.target === area && close());

document.addEventListener(
  "keydown",
  (event) => {
    if (!pop || event.target !== area || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(marked + step);
    else if (event.key === "Escape") close();
    else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey) write(offered[marked], BEGUN);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // neither the dialog nor the list behind it hears of this
  },
  true,
);
