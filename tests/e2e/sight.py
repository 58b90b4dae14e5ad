"""What axe-core finds wrong with a page, in light and dark, on a desk, a tablet and a phone, without asking the same twice.

The theme changes colors and nothing else (`test_the_theme_is_only_color`), so at each width all rules look once, and those of
color in both themes. Of these the costly part is that lists repeat themselves: text is looked at anew unless axe passed text of
the very same look before, on any page of this test: its colors, the backgrounds behind it, its size and weight. What
floats over other things has no look of its own and is looked at each time.
"""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = {"desktop": (1440, 960), "tablet": (820, 1180), "phone": (390, 844)}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOR = ["color-contrast", "link-in-text-block"]
SCRIPT = Axe().axe_script

_ALL = """([within, tags, without]) => axe.run(within, {
  runOnly: tags, rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])), resultTypes: ["violations"], preload: false,
}).then(({ violations }) => violations)"""

_COLORS = """async ([within, rules, known]) => {
  const seen = new Set(known), grounds = new Map(), looks = new Map();
  const ground = (e) => { // every background behind e; "floats" where what is behind is no ancestor
    if (!e) return "";
    if (!grounds.has(e)) {
      const s = getComputedStyle(e), plain = ["rgba(0, 0, 0, 0)", "none", "1", "normal"];
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode].filter((v) => !plain.includes(v)).join();
      const isSolid = s.backgroundImage === "none" && /^rgb\\(/.test(s.backgroundColor);
      const behind = ground(e.parentElement);
      const floats = ["absolute", "fixed", "sticky"].includes(s.position) || s.transform !== "none";
      grounds.set(e, isSolid ? behind.replaceAll("floats", "") + `/${own}` : behind + (own && `/${own}`) + (floats ? "floats" : ""));
    }
    return grounds.get(e);
  };
  for (const e of document.querySelectorAll(`${within}, ${within} *`)) {
    const says = e.matches("input, select, textarea") || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!says || !e.checkVisibility({ visibilityProperty: true })) continue;
    const s = getComputedStyle(e), around = getComputedStyle(e.parentElement);
    const look = [e.localName, s.color, s.fontSize, s.fontWeight, s.textShadow, s.textDecoration, s.borderBottom, s.opacity, around.color,
      around.fontWeight, !!e.closest(":disabled, [aria-disabled=true]"), e.control?.disabled, ground(e)].join("|");
    if (look.includes("floats") || !seen.has(look)) looks.set(e, look);
  }
  if (!looks.size) return { violations: [], passed: [] };
  const { violations, passes } = await axe.run({ include: [...looks.keys()] }, {
    runOnly: { type: "rule", values: rules }, resultTypes: ["violations", "passes"], elementRef: true, preload: false,
  });
  const faulty = new Set(violations.flatMap(({ nodes }) => nodes.map(({ element }) => element)));
  const of = (rule) => passes.filter(({ id }) => id === rule).flatMap(({ nodes }) => nodes.map(({ element }) => element));
  const passed = of("color-contrast").filter((e) => looks.has(e) && !faulty.has(e)).map((e) => looks.get(e));
  const bare = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) }));
  return { violations: bare, passed: [...new Set(passed)] };
}"""


class Sight:
    """One pair of eyes: remembers the looks it was content with."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def faults(self, page: Page, within: str = "html") -> list[str]:
        """What is wrong in any of the six, and what is wider than the screen."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(SCRIPT)
        faults: list[str] = []
        for width, (across, high) in WIDTHS.items():
            page.set_viewport_size({"width": across, "height": high})
            found = page.evaluate(_ALL, [within, TAGS, OF_COLOR])
            faults += _told(found, width)
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                answer = page.evaluate(_COLORS, [within, OF_COLOR, list(self.known)])
                self.known.update(answer["passed"])
                faults += _told(answer["violations"], f"{theme}, {width}")
            needs = page.evaluate("document.documentElement.scrollWidth")
            faults += [f"{width}: needs {needs} px"] if needs > across else []
        return faults


def _told(violations: Any, where: str) -> list[str]:
    return [
        f"{where}: {v['id']}: {node['target']} {(node.get('failureSummary') or '')[:160]}"
        for v in violations
        for node in v["nodes"]
    ]
