// entry
// A page that shows a question, or a list of them, listens: what has become of it is said at once.
import { refresh } from '../fresh';
import { Live } from '../live';
import { over } from '../over';
import type { Place } from '../sequence';

interface Standing extends Place {
  audience: string;
  state: string;
  version: number;
}

const page = document.querySelector<HTMLElement>('[data-standing]');
const lists = document.querySelector<HTMLElement>('[data-questions]');

/** Nothing more can be sent of it; what was written stays on the device. */
function shut(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-while-open]')) {
    each.hidden = true;
  }
}

if (page) {
  const number = Number(page.dataset.number);
  const shown = JSON.parse(page.dataset.standing ?? '') as Standing;
  const level = ({ state, version }: Pick<Standing, 'state' | 'version'>) => {
    if (state === shown.state && version === shown.version) void refresh();
    else if (over(state) && state !== 'open') shut();
  };
  new Live<Standing>({
    enter: 'consultation:enter',
    id: number,
    url: `/consultations/${number}/line`,
    state: shown,
    apply: ({ facts }) =>
      level({ ...shown, ...(facts as Partial<Pick<Standing, 'state' | 'version'>>) }),
    replace: level,
  });
}

if (lists) {
  const again = () => void refresh();
  new Live<Place>({
    enter: 'consultations:enter',
    id: 1,
    url: '/consultations/line',
    state: JSON.parse(lists.dataset.questions ?? '') as Place,
    apply: again,
    replace: again,
  });
}
