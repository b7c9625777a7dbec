// entry
// The reader's own page: find, going to a page, the keyboard.
import { send } from '../http';
import { word } from '../words';
import './notes/notes.css';
import { mountNotes } from './notes/mount';
import { mountAll, type PaperPane } from './pane';

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

const element = <Kind extends HTMLElement>(where: string): Kind => {
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

/** Coming back to a paper that has a newer edition by now: say so, and swap nothing. */
function watchEditions(): void {
  const strip = document.querySelector<HTMLElement>('[data-paper-newer]');
  const { paperId, paperNewer } = strip?.dataset ?? {};
  if (!strip || !paperId) return;
  document.addEventListener('visibilitychange', async () => {
    if (document.hidden) return;
    const path = `/papers/${paperId}/edition`;
    // Without a line the paper is read on as it is; it is asked again the next time.
    const now = await send<{ number: number; id: number }>(path).catch(() => null);
    if (!now || now.number <= Number(paperNewer)) return;
    const { number, id } = now;
    element<HTMLAnchorElement>('[data-changes]').href = `/editions/${id}/changes`;
    element('[data-number]').textContent = String(number);
    element<HTMLAnchorElement>('[data-go]').href = `/papers/${paperId}?edition=${number}`;
    strip.hidden = false;
  });
}

watchEditions();
for (const pane of mountAll()) {
  find(pane);
  goTo(pane);
  keys(pane);
  mountNotes(pane);
}
