// What is told of the meeting, taken over as it comes.
import { Live } from '../live';
import type { Told } from '../sequence';
import { word } from '../words';
import { showItem } from './papers';
import { base, me, page, room } from './room';
import { paintAll } from './screen';
import { applied, itemOf, meetingOf, type State } from './state';
import { said } from './telling';
import { itemWords, tickElapsed } from './words';

function take(told: Told): void {
  const before = meetingOf(room.parts).current;
  room.parts = applied(room.parts, told);
  moved(before);
  paintAll();
}

/** The session went to another item: whoever follows goes along. */
function moved(before: number | null): void {
  const current = meetingOf(room.parts).current;
  if (current === null || current === before) return;
  if (room.follows || me.conducts) showItem(current);
  const item = itemOf(room.parts, current);
  if (item)
    said(
      word({
        vi: `Đang bàn ${itemWords(item)}: ${item.title}`,
        en: `Now ${itemWords(item)}: ${item.title}`,
      }),
    );
}

if (room.shown !== null) showItem(room.shown);
paintAll();
setInterval(tickElapsed, 1000);
export const live = new Live<State>({
  enter: 'meeting:enter',
  id: page.meeting,
  url: `${base}/state`,
  state: page.state,
  apply: take,
  replace: (state) => {
    const before = meetingOf(room.parts).current;
    room.parts = state.parts;
    moved(before);
    paintAll();
  },
});
