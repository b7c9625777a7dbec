// Which item and which of its papers lies open.
import { me, type Paper, page, place, room } from './room';
import { isRemoved, newerOf } from './state';

/** An item and its first paper; before a session reaches it, the paper waits to be asked for. */
export function showItem(id: number, opens = true): void {
  room.shown = id;
  const first = page.papers[String(id)]?.find((each) => !isRemoved(room.parts, each));
  const pane = document.querySelector<HTMLElement>('.paper');
  const empty = place('nodoc');
  if (empty) empty.hidden = Boolean(first);
  if (first && opens) {
    showPaper(id, first.id);
    return;
  }
  room.paper = null;
  pane?.classList.add('away');
  sayUnopened(Boolean(first));
}

export function showPaper(itemId: number, id: number): void {
  const found = page.papers[String(itemId)]?.find((each) => each.id === id);
  const pane = document.querySelector<HTMLElement>('.paper');
  if (!found || !pane) return;
  room.paper = id;
  sayUnopened(false);
  pane.classList.remove('away');
  pane.dispatchEvent(new Event('paper:seen'));
  if (pane.dataset.paperUrl === found.url) return;
  pane.dispatchEvent(
    new CustomEvent('paper:show', { detail: { url: found.url, title: found.title } }),
  );
}

function sayUnopened(isSo: boolean): void {
  const unopened = place('unopened');
  if (unopened) unopened.hidden = !isSo;
}

/** Turn to the edition that has replaced this one: by the reader's own hand, never by itself. */
export function showNewer(itemId: number, id: number): void {
  const found = page.papers[String(itemId)]?.find((each) => each.id === id);
  const newer = found && newerOf(room.parts, found);
  if (!found || !newer) return;
  Object.assign(found, newer, { opened: false });
  showPaper(itemId, id);
}

export const allPapers = (): Paper[] => Object.values(page.papers).flat();

export function noteOpened(url: string): void {
  for (const each of allPapers()) if (each.url === url) each.opened = true;
}

/** PDF.js measures its pages, so a paper out of sight is kept in its place. */
export function showView(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-view]')) {
    const isAway = me.conducts && each.dataset.view !== room.view;
    each.classList.toggle('away', isAway);
    each.inert = isAway;
  }
  document.getElementById('main')?.classList.toggle('pane--doc', room.view === 'doc');
  document.querySelector('.paper')?.dispatchEvent(new Event('paper:seen'));
}
