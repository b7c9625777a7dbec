// entry
// A page of tasks that stays as fresh as its facts: what is marked `data-fresh` is read anew.
import { Live } from '../live';
import type { Place } from '../sequence';

interface Watch extends Place {
  audience: string;
  enter: string;
  id: number;
}

const SETTLE = 100;
let settling = 0;

/** Whether somebody is at work in there: then it is left as it is. */
function isInHand(element: Element): boolean {
  const fields = element.querySelectorAll<HTMLTextAreaElement>('textarea, input[type="file"]');
  return (
    element.contains(document.activeElement) ||
    element.querySelector('dialog[open]') !== null ||
    [...fields].some((field) => field.value !== '')
  );
}

async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const old of document.querySelectorAll('[data-fresh], .nav, .tabs')) {
    const name = old.id ? `#${old.id}` : `.${old.classList[0]}`;
    const fresh = page.querySelector(name);
    if (fresh && !isInHand(old)) old.replaceWith(document.importNode(fresh, true));
  }
}

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
