// entry
// The screen of the hall: read only, large, the same facts as everywhere.
import { Live } from '../live';
import { word } from '../words';
import './meetings.css';
import { h, paint } from './paint';
import {
  applied,
  floorOf,
  itemOf,
  meetingOf,
  nextItem,
  type Parts,
  quorumOf,
  type State,
} from './state';
import { itemWords, meter, minutes, presentWords, running, stateWords, tickElapsed } from './words';

const LONG_TITLE = 110;

const page: { meeting: number; title: string; starts_at: string; state: State } = JSON.parse(
  document.getElementById('page')?.textContent ?? '{}',
);
let parts: Parts = page.state.parts;

const place = (name: string): HTMLElement | null => document.querySelector(`[data-hall="${name}"]`);

function paintAll(): void {
  const meeting = meetingOf(parts);
  const item = itemOf(parts, meeting.current);
  const next = nextItem(parts);
  const title = item?.title ?? page.title;
  const state = stateWords(meeting, page.starts_at);
  const long = title.length > LONG_TITLE ? ' hall__t--long' : '';
  const coming = next && meeting.state === 'open' ? next : undefined;
  paint(
    place('item'),
    h(
      'p',
      { class: 'hall__k' },
      item ? `${itemWords(item).replace(/^./, (first) => first.toUpperCase())} · ${state}` : state,
    ),
    h('h1', { class: `hall__t${long}` }, title),
    item?.presenter
      ? h(
          'p',
          { class: 'hall__who' },
          word({ vi: `Trình: ${item.presenter}`, en: `Presented by ${item.presenter}` }),
        )
      : !item &&
          coming &&
          h(
            'p',
            { class: 'hall__who' },
            word({ vi: `Tiếp theo: ${coming.title}`, en: `Next: ${coming.title}` }),
          ),
  );
  const quorum = quorumOf(parts);
  paint(place('quorum'), meter(quorum, 86), h('p', { class: 'hall__l' }, presentWords(quorum)));
  const speaking = floorOf(parts).find((each) => each.state === 'speaking');
  paint(
    place('figures'),
    item?.called_at &&
      h(
        'div',
        {},
        h('p', { class: 'hall__n' }, running(item.called_at, item.spent)),
        h('p', { class: 'hall__l' }, `/ ${minutes(item.minutes)}`),
      ),
    speaking &&
      h(
        'div',
        {},
        h('p', { class: 'hall__l strong' }, word({ vi: 'Đang phát biểu', en: 'Speaking' })),
        h('p', { class: 'hall__l' }, speaking.office),
      ),
  );
}

paintAll();
setInterval(tickElapsed, 1000);
new Live<State>({
  enter: 'meeting:enter',
  id: page.meeting,
  url: `/meetings/${page.meeting}/state`,
  state: page.state,
  apply: (told) => {
    parts = applied(parts, told);
    paintAll();
  },
  replace: (state) => {
    parts = state.parts;
    paintAll();
  },
});
