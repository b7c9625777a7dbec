// Which item and which of its papers lies open.
import { me, page, place, room } from './room';

export function showItem(id: number): void {
  room.shown = id;
  const first = page.papers[String(id)]?.[0];
  const pane = document.querySelector<HTMLElement>('.paper');
  const empty = place('nodoc');
  if (empty) empty.hidden = Boolean(first);
  pane?.classList.toggle('away', !first);
  if (first) showPaper(id, first.id);
  else room.paper = null;
}

export function showPaper(itemId: number, id: number): void {
  const found = page.papers[String(itemId)]?.find((each) => each.id === id);
  const pane = document.querySelector<HTMLElement>('.paper');
  if (!found || !pane) return;
  room.paper = id;
  found.read = true;
  if (pane.dataset.paperUrl === found.url) return;
  pane.dispatchEvent(
    new CustomEvent('paper:show', { detail: { url: found.url, title: found.title } }),
  );
}

/** PDF.js measures its pages, so a paper out of sight is kept in its place. */
export function showView(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-view]')) {
    const isAway = me.conducts && each.dataset.view !== room.view;
    each.classList.toggle('away', isAway);
    each.inert = isAway;
  }
  document.getElementById('main')?.classList.toggle('pane--doc', room.view === 'doc');
}
