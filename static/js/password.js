// A button beside each password that shows what is typed, and hides it again before the form is sent.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  const turn = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    turn(field.type === "password");
    field.focus();
  });
  field.form.addEventListener("submit", () => turn(false));
}
