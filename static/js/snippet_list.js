// The list below a text in which a colon was typed: what is offered, which one is marked.
const SHOWN = 8;
const shape = document.getElementById("snippets").content.firstElementChild;
export const list = { area: undefined, pop: undefined, offered: [], marked: 0 };

export function close() {
  list.pop?.remove();
  for (const name of ["aria-autocomplete", "aria-controls", "aria-activedescendant"]) list.area?.removeAttribute(name);
  list.area = list.pop = undefined;
  list.offered = [];
}

export function mark(at) {
  const options = [...list.pop.querySelectorAll("[role=option]")];
  list.marked = (at + options.length) % options.length;
  for (const option of options) option.removeAttribute("aria-selected");
  options[list.marked].setAttribute("aria-selected", "true");
  options[list.marked].scrollIntoView({ block: "nearest" });
  list.area.setAttribute("aria-activedescendant", options[list.marked].id);
}

function option(snippet, n, choose) {
  const row = document.createElement("div");
  for (const [tag, text] of [["b", `:${snippet.name}`], ["span", snippet.text], ["small", snippet.whose]]) {
    row.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  row.id = `snippet-${n}`;
  row.setAttribute("role", "option");
  row.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    choose(snippet);
  });
  return row;
}

export function show(area, all, word, choose) {
  const found = all.filter((each) => each.name.startsWith(word)).slice(0, SHOWN);
  if (!found.length || list.area !== area) close();
  if (!found.length) return;
  Object.assign(list, { area, offered: found, pop: list.pop ?? shape.cloneNode(true) });
  list.pop.firstElementChild.replaceChildren(...found.map((each, n) => option(each, n, choose)));
  area.after(list.pop);
  list.pop.style.insetBlockStart = `${area.offsetTop + area.offsetHeight}px`;
  list.pop.style.insetInlineStart = `${area.offsetLeft}px`;
  list.pop.style.inlineSize = `${area.offsetWidth}px`;
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", "snippet-list");
  mark(0);
}
