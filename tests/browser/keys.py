"""A page as somebody uses it who has no pointer: by Tab, Enter, Space and Escape alone."""

from collections.abc import Iterator

from playwright.sync_api import Page

# How often Tab is pressed before the page is asked whether one has been round it.
AT_ONCE = 10

# A page is asked: what can be pressed, what has been stood on, and what was wrong there.
WATCH = """() => {
  const STOPS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  const path = (each) => {
    const words = (each.getAttribute('aria-label') ?? each.innerText ?? '').trim().slice(0, 40);
    return `${each.tagName.toLowerCase()}${each.id && '#' + each.id}.${each.className} "${words}"`;
  };
  const shown = (each) => each.checkVisibility({visibilityProperty: true})
    && !each.closest('[inert]') && each.getClientRects().length > 0;
  const where = () => document.querySelector('dialog:modal') ?? document.body;
  // Of the answers to one question that exclude each other, the arrow keys choose.
  const answersFor = (each) => each.type !== 'radio' ? [each] :
    [...document.getElementsByName(each.name)].filter((other) => other.form === each.form);
  const isStop = (each) => shown(each) && !each.disabled
    && (each.tabIndex >= 0 || !each.matches('[tabindex]') || each.matches('a, button, input'));
  const stops = () => [...where().querySelectorAll(STOPS)].filter(isStop);
  const pressable = () => [...where().querySelectorAll('*')].filter((each) => shown(each) && (
    each.onclick || each.matches('[onclick], [role=button], [role=link], [data-open]')
    || (getComputedStyle(each).cursor === 'pointer'
      && getComputedStyle(each.parentElement).cursor !== 'pointer')));
  const isSeen = (each) => {
    const {outlineStyle, outlineWidth, outlineColor, opacity} = getComputedStyle(each);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && opacity !== '0'
      && !/, 0\\)$/.test(outlineColor);
  };
  const isBare = (each) => [...each.getClientRects()].some(({left, top, width, height}) =>
    [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].some(([x, y]) => {
      const found = document.elementFromPoint(left + x * width, top + y * height);
      return found && (each.contains(found) || found.closest('label, .choice')?.contains(each)
        || [...(each.labels ?? [])].some((label) => label.contains(found)));
    }));
  const isPinned = (each) => {
    for (let at = each; at; at = at.parentElement)
      if (['fixed', 'sticky'].includes(getComputedStyle(at).position)) return true;
    return false;
  };
  // Upwards in the same column, or back on the same line.
  const isBack = (one, other) => {
    const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
    const isAbove = b.bottom <= a.top + 2 && b.left < a.right - 2;
    const middle = (a.top + a.bottom) / 2;
    const isLeft = b.right <= a.left + 2 && b.top < middle && middle < b.bottom;
    return (isAbove || isLeft) && !isPinned(one) && !isPinned(other);
  };
  const walk = window.walk = {};
  walk.note = () => {
    const at = document.activeElement;
    if (at === document.body || at === null) { walk.last = null; return; }
    const around = [at, at.parentElement, at.nextElementSibling, ...(at.labels ?? [])];
    if (!around.some((each) => each && isSeen(each)))
      walk.wrong.add(`one does not see to stand on ${path(at)}`);
    if (!isBare(at)) walk.wrong.add(`hidden where one stands on ${path(at)}`);
    // Past the end some browsers stand on their own bar first, and some do not.
    if (at === walk.expected[0]) { walk.rounds++; walk.last = null; }
    if (at.tabIndex > 0) walk.wrong.add(`before its turn: ${path(at)}`);
    if (walk.last && isBack(walk.last, at))
      walk.wrong.add(`back from ${path(walk.last)} to ${path(at)}`);
    walk.visited.add(at);
    walk.last = at;
  };
  walk.begin = () => {
    Object.assign(walk, {
      expected: stops(), visited: new Set(), wrong: new Set(), rounds: 0, last: null});
    walk.expected[0]?.focus();
    return walk.expected.length;
  };
  const wasOn = (each) => answersFor(each).some((one) => walk.visited.has(one));
  walk.found = () => {
    for (const each of walk.expected)
      if (!wasOn(each)) walk.wrong.add(`no Tab comes to ${path(each)}`);
    for (const each of pressable()) {
      const isFor = (stop) => each.control === stop || each.contains(stop) || stop.contains(each);
      if (!walk.expected.some(isFor)) walk.wrong.add(`for a pointer alone: ${path(each)}`);
    }
    if (walk.rounds < 2) walk.wrong.add('Tab does not come round');
    return [...walk.wrong];
  };
  addEventListener('keydown', (event) => { if (event.key === 'Tab') walk.note(); }, true);
}"""

# What a page does as its dialog closes, it does in a turn of its own.
TURN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
FOLDED = "main details:not([open]) > summary"
# One of each kind of dialog: a table has one for each row.
OPENERS = """() => {
  const kinds = new Map();
  for (const each of document.querySelectorAll('[data-open], button[data-confirm]')) {
    const ready = each.dataset.open || each.form?.checkValidity();
    const dialog = each.dataset.open ?? each.dataset.confirm;
    if (ready && each.checkVisibility() && !each.closest('dialog'))
      kinds.set(dialog.replace(/[0-9a-f-]{8,}|[0-9]+/g, '#'), dialog);
  }
  return [...kinds.values()];
}"""


def wrong_by_keys(page: Page) -> Iterator[str]:
    """What of a page cannot be reached, seen or left without a pointer."""
    page.evaluate(WATCH)
    yield from _unfolds(page)
    yield from _goes_round(page)
    for dialog in page.evaluate(OPENERS):
        yield from _opens_and_leaves(page, dialog)


def _unfolds(page: Page) -> Iterator[str]:
    """What is folded opens by Enter, and by Space."""
    for turn, summary in enumerate(page.locator(FOLDED).element_handles()):
        if summary.is_visible():
            summary.press("Enter" if turn % 2 else "Space")
            if not summary.evaluate("each => each.parentElement.open"):
                yield f"no key unfolds {summary.inner_text()}"


def _goes_round(page: Page) -> Iterator[str]:
    """Tab comes to everything, in the order in which one reads, and past the end."""
    stops = page.evaluate("walk.begin()")
    # Twice what should do: a part that scrolls is a stop as well.
    for _ in range(1 + 2 * stops // AT_ONCE):
        for _ in range(AT_ONCE):
            page.keyboard.down("Tab")
        if page.evaluate("walk.rounds > 1"):
            break
    page.keyboard.up("Tab")
    yield from page.evaluate("walk.found()")


def _opens_and_leaves(page: Page, dialog: str) -> Iterator[str]:
    """A dialog opens by Enter, holds the focus while it is open, and gives it back to its door."""
    opener = page.locator(f'[data-open="{dialog}"], [data-confirm="{dialog}"]')
    opener = opener.locator("visible=true").first
    opener.focus()
    page.keyboard.press("Enter")
    opened = page.locator(f"dialog#{dialog}[open]")
    if not opened.count():
        yield f"no key opens {dialog}"
        return
    yield from (f"{each} ({dialog})" for each in _goes_round(page))
    page.keyboard.press("Escape")
    page.evaluate(TURN)
    if opened.count():
        yield f"Escape does not leave {dialog}"
    elif not opener.evaluate("each => each === document.activeElement"):
        yield f"who leaves {dialog} is not where they were"


def wrong_in_the_menu(page: Page) -> Iterator[str]:
    """The menu of one's own account opens by Enter, folds as one goes on, and by Escape."""
    menu = page.locator("details.menu")
    summary, items = menu.locator("summary"), menu.locator("a, button").locator("visible=true")
    summary.press("Enter")
    for item in items.all():
        page.keyboard.press("Tab")
        if not item.evaluate("each => each === document.activeElement"):
            yield f"no Tab comes to {item.inner_text()} in the menu"
    page.keyboard.press("Tab")
    if menu.get_attribute("open") is not None:
        yield "the menu stays over what comes after it"
    summary.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    if not summary.evaluate("each => each === document.activeElement && !each.parentElement.open"):
        yield "Escape does not leave the menu"
