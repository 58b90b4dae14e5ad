// Keys that fill a field: Ctrl ; writes today's date, Alt 1 to 4 choose the outcome of a contact.
const clock = document.querySelector(".clock");
const ahead = clock ? Date.parse(clock.dateTime) - Date.now() : 0; // of the server before this computer

function fill(field, value) {
  field.value = value;
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
}

// the form one is in, else the first in view that asks for an outcome; a list of all outcomes names the four (data-alt)
function outcome(event) {
  const root = document.querySelector("dialog[open]") ?? document;
  const forms = [event.target.form, ...root.querySelectorAll("form")];
  const field = forms.find((form) => form?.elements.outcome && form.checkVisibility())?.elements.outcome;
  const at = event.code.slice(5) - 1;
  const value = field?.dataset?.alt?.split(" ")[at];
  const choice = value ? field : field?.[at];
  if (!value && choice?.type !== "radio") return;
  event.preventDefault();
  choice.focus();
  if (value) fill(field, value);
  else choice.click();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.repeat) return;
  if (event.altKey && /^Digit[1-4]$/.test(event.code)) outcome(event);
  else if ((event.ctrlKey || event.metaKey) && event.key === ";" && event.target.matches("[type=date]")) {
    event.preventDefault();
    fill(event.target, new Date(Date.now() + ahead).toLocaleDateString("sv", { timeZone: clock?.dataset.zone }));
  }
});
