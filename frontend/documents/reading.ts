// What stands round one paper that is read: find, going to a page, the keyboard.
import { word } from '../words';
import type { PaperPane } from './pane';

/** PDF.js has looked through every page. */
const NOT_FOUND = 1;

const KEYS: Record<string, string> = {
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  Home: 'first',
  End: 'last',
  '+': 'larger',
  '=': 'larger',
  '-': 'smaller',
  '0': 'fit',
};

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

function keys(pane: PaperPane): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest('input, textarea, select, [contenteditable]')) return;
    const what = KEYS[event.key];
    if (!what) return;
    event.preventDefault();
    pane.do(what);
  });
}

/** Tie a reader's own tools to its paper. */
export function mountTools(pane: PaperPane): void {
  find(pane);
  goTo(pane);
  keys(pane);
}
