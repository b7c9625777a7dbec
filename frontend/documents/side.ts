// Beside the pages: all of them small, the table of contents, the other papers.
import { Drawer } from './drawer';
import type { NoteStore } from './notes/store';
import { showOutline } from './outline';
import type { PaperPane } from './pane';
import { element } from './reading';
import './side.css';
import { Thumbs } from './thumbs';

const TAB = 'side:tab';

export function mountSide(pane: PaperPane, notes: NoteStore | undefined): Drawer {
  const root = element('[data-side]');
  const drawer = new Drawer(root, element('[data-side-open]'), 'side');
  const chosen = () => drawer.makeWay();
  const thumbs = new Thumbs(element('[data-side] .thumbs'), pane, chosen);
  tabs(root);
  notes?.addEventListener('change', () => {
    thumbs.mark(new Set(notes.own.flatMap(({ page }) => (page === null ? [] : [page]))));
  });
  // The page that is read comes first on a slow line.
  pane.view.events.on(
    'pagerendered',
    () => {
      void thumbs.begin();
      void showOutline(part(root, 'outline'), pane, chosen);
    },
    { once: true },
  );
  return drawer;
}

const part = (root: HTMLElement, name: string): HTMLElement =>
  root.querySelector(`[data-side-part="${name}"]`) as HTMLElement;

function tabs(root: HTMLElement): void {
  const buttons = [...root.querySelectorAll<HTMLElement>('[data-side-tab]')];
  const choose = (name: string) => {
    for (const each of buttons) {
      const isChosen = each.dataset.sideTab === name;
      each.setAttribute('aria-pressed', String(isChosen));
      part(root, each.dataset.sideTab ?? '').hidden = !isChosen;
    }
  };
  root.addEventListener('click', (event) => {
    const name = (event.target as Element).closest<HTMLElement>('[data-side-tab]')?.dataset.sideTab;
    if (!name) return;
    localStorage.setItem(TAB, name);
    choose(name);
  });
  const last = localStorage.getItem(TAB);
  if (buttons.some((each) => each.dataset.sideTab === last)) choose(last ?? '');
}

/** What it shows of a paper that went dark goes too. */
export function forgetSide(): void {
  for (const each of document.querySelectorAll('.thumbs, [data-side-part="outline"]')) {
    each.replaceChildren();
  }
}
