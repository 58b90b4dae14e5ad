// [data-copy="address"] puts the plain text of that address on the clipboard. What cannot be copied is shown: the link leads
// to a page with the same text.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copy]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.dataset.copy);
    if (!answer.ok || answer.redirected) throw answer;
    await navigator.clipboard.writeText(await answer.text());
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: link.dataset.copied } }));
  } catch {
    location.assign(link.href);
  }
});
