// Small mirrors: settings shown while they are chosen, the clock in the top bar, the patient banner once it sticks.
document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-live]");
  if (field) document.documentElement.dataset[field.dataset.live] = event.target.value;
});

const clock = document.querySelector(".clock[data-zone]");
if (clock) {
  const parts = new Intl.DateTimeFormat(document.documentElement.lang, {
    timeZone: clock.dataset.zone, weekday: "long", day: "2-digit", month: "short", year: "numeric",
    hour: "numeric", minute: "2-digit", hour12: clock.dataset.clock === "12",
  });
  setInterval(() => {
    const part = Object.fromEntries(parts.formatToParts(new Date()).map(({ type, value }) => [type, value]));
    const hour = part.dayPeriod ? part.hour : part.hour.padStart(2, "0");
    const time = `${hour}:${part.minute}${part.dayPeriod ? ` ${part.dayPeriod}` : ""}`;
    clock.textContent = `${part.weekday} ${part.day}-${part.month}-${part.year}, ${time}`;
  }, 20000);
}

// browsers without scroll-state(): the banner tells itself
const banner = document.querySelector(".z1wrap");
if (banner && !CSS.supports("container-type", "scroll-state")) {
  const mark = document.createElement("i");
  banner.before(mark);
  new IntersectionObserver(([entry]) => banner.toggleAttribute("data-stuck", !entry.isIntersecting), {
    rootMargin: `-${document.querySelector(".top").getBoundingClientRect().bottom + 1}px 0px 0px`,
  }).observe(mark);
}
