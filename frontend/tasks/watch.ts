// entry
// A page of tasks that stays as fresh as its facts.
import { refresh } from '../fresh';
import { Live } from '../live';
import type { Place } from '../sequence';

interface Watch extends Place {
  audience: string;
  enter: string;
  id: number;
}

const SETTLE = 100;
let settling = 0;

/** One reading for several facts that come together. */
function soon(): void {
  clearTimeout(settling);
  settling = window.setTimeout(() => void refresh(), SETTLE);
}

const watched = document.querySelector<HTMLElement>('[data-watch]')?.dataset.watch;
if (watched) {
  const state = JSON.parse(watched) as Watch;
  new Live<Watch>({
    enter: state.enter,
    id: state.id,
    url: '/tasks/place',
    state,
    apply: soon,
    replace: soon,
  });
}
