// What stands round one paper that is read: its tools, find, going to a page, the keyboard.
import { word } from '../words';
import type { PaperPane } from './pane';

/** PDF.js has looked through every page. */
const NOT_FOUND = 1;

/** What is done by one key, and what is pressed by one. */
const KEYS: Record<string, string> = {
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  Home: 'first',
  End: 'last',
  '+': 'larger',
  '=': 'larger',
  '-': 'smaller',
  '0': 'fit',
  r: 'turn',
};
const PRESSES: Record<string, string> = {
  t: '[data-side-open]',
  n: '[data-notes-open]',
  b: '[data-note-do="bookmark"]',
  '[': '[data-paper-before]',
  ']': '[data-paper-after]',
  '?': '[data-open="keys"]',
};
const NO_LETTERS = 'reading:no-letters';

export const element = <Kind extends HTMLElement>(where: string): Kind => {
  const found = document.querySelector<Kind>(where);
  if (!found) throw new Error(where);
  return found;
};

function find(pane: PaperPane): void {
  const form = element<HTMLFormElement>('#find');
  const input = element<HTMLInputElement>('#find-words');
  const opener = element('[data-find-open]');
  const count = element('[data-find-count]');
  let last = '';

  const open = (shown: boolean): void => {
    form.hidden = !shown;
    opener.setAttribute('aria-pressed', String(shown));
    if (shown) input.select();
    else pane.view.find('', false);
    (shown ? input : opener).focus();
  };
  const seek = (previous: boolean) => {
    const again = input.value === last;
    last = input.value;
    pane.view.find(last, again, previous);
  };

  opener.addEventListener('click', () => open(Boolean(form.hidden)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    seek(false);
  });
  element('[data-find="previous"]').addEventListener('click', () => seek(true));
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
      event.preventDefault();
      open(true);
    }
    if (event.key === 'F3' && last) {
      event.preventDefault();
      seek(event.shiftKey);
    }
    if (event.key === 'Escape' && !form.hidden) open(false);
  });
  const told = (event: { state?: number; matchesCount: { current: number; total: number } }) => {
    const { current, total } = event.matchesCount;
    if (total) count.textContent = `${current}/${total}`;
    else if (event.state === NOT_FOUND && last) {
      count.textContent = word({ vi: 'Không thấy', en: 'Not found' });
    } else count.textContent = last && '…';
  };
  pane.view.events.on('updatefindmatchescount', told);
  pane.view.events.on('updatefindcontrolstate', told);

  const sought = document.querySelector<HTMLElement>('[data-sought]')?.dataset.sought;
  if (sought) {
    form.hidden = false;
    input.value = last = sought;
    void pane.opened.then(() => pane.view.find(sought, false));
  }
}

function goTo(pane: PaperPane): void {
  const input = element<HTMLInputElement>('[data-paper-goto]');
  const go = () => {
    const page = Number.parseInt(input.value, 10);
    if (page) pane.view.page = page;
    input.value = String(pane.view.page);
  };
  input.closest('form')?.addEventListener('submit', (event) => {
    event.preventDefault();
    go();
    input.blur();
  });
  input.addEventListener('change', go);
  input.addEventListener('focus', () => input.select());
}

/** Single letters speak to whoever dictates, too: they can be switched off (WCAG 2.1.4). */
function keys(pane: PaperPane): void {
  const off = element<HTMLInputElement>('[data-keys-off]');
  off.checked = localStorage.getItem(NO_LETTERS) !== null;
  off.addEventListener('change', () => {
    if (off.checked) localStorage.setItem(NO_LETTERS, 'yes');
    else localStorage.removeItem(NO_LETTERS);
  });
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest('input, textarea, select, dialog, [contenteditable]')) return;
    const isCharacter = event.key.length === 1;
    if (isCharacter && off.checked) return;
    const what = KEYS[event.key];
    const pressed = document.querySelector<HTMLElement>(PRESSES[event.key] ?? 'none');
    if (what) pane.do(what);
    else if (event.key === 'g') element('[data-paper-goto]').focus();
    else if (pressed && !pressed.hidden) pressed.click();
    else return;
    event.preventDefault();
  });
}

/** The tools that a narrow page has no room for. */
function moreTools(): void {
  const opener = element('[data-tools-more]');
  opener.addEventListener('click', () => {
    const isShown = opener.getAttribute('aria-expanded') !== 'true';
    opener.setAttribute('aria-expanded', String(isShown));
    opener.closest('.tools')?.toggleAttribute('data-all', isShown);
  });
}

/** Whoever does not see the page turn hears where they are now. */
function tellPage(pane: PaperPane): void {
  const said = element('[data-page-said]');
  pane.view.events.on('pagechanging', () => {
    const { page, pages } = pane.view;
    said.textContent = word({ vi: `Trang ${page}/${pages}`, en: `Page ${page} of ${pages}` });
  });
}

/** Tie a reader's own tools to its paper. */
export function mountTools(pane: PaperPane): void {
  find(pane);
  goTo(pane);
  keys(pane);
  moreTools();
  tellPage(pane);
}
