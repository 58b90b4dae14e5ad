"""What a person without a mouse does: Tab to what they mean, type, press."""

from playwright.sync_api import Locator, Page

_HERE = "element => element === document.activeElement"


def tab_to(page: Page, what: Locator | str, most: int = 200) -> None:
    """Press Tab until the focus stands on it: a selector names any that fits, a locator just this one."""
    for _ in range(most):
        if _is_reached(page, what):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{what} is not reached by Tab")


def _is_reached(page: Page, what: Locator | str) -> bool:
    if isinstance(what, str):
        return bool(page.evaluate("selector => document.activeElement.matches(selector)", what))
    return bool(what.first.evaluate(_HERE))


def pick(page: Page, name: str, value: str) -> None:
    """Choose one of a group of radios: Tab to the group, arrows within it."""
    tab_to(page, f"[name={name}]")
    page.keyboard.press("Space")
    for _ in range(8):
        if page.evaluate("name => document.querySelector(`[name=${name}]:checked`)?.value", name) == value:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{name} offers no {value}")


def write(page: Page, label: str, text: str, *, exact: bool = True) -> None:
    """Fill a field found by its label with the keys alone, in the place of what it holds."""
    tab_to(page, page.get_by_label(label, exact=exact))
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def press(page: Page, role: str, name: object, *, leaves: bool = True, nth: int = 0) -> None:
    """Tab to a button or link and press Enter; it leads to another page unless said otherwise."""
    tab_to(page, page.get_by_role(role, name=name).nth(nth))  # type: ignore[arg-type]
    if not leaves:
        page.keyboard.press("Enter")
        return
    with page.expect_navigation():
        page.keyboard.press("Enter")
