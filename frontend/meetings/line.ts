// What is told of the meeting, taken over as it comes.
import { Live } from '../live';
import type { Told } from '../sequence';
import { word } from '../words';
import { allPapers, showItem } from './papers';
import { base, me, page, room } from './room';
import { paintAll } from './screen';
import {
  applied,
  hasWordsForFew,
  isRemoved,
  itemOf,
  knownItems,
  meetingOf,
  newerOf,
  openVote,
  type Parts,
  type State,
  seatOf,
} from './state';
import { alarm, said, tell } from './telling';
import { itemWords, tickElapsed } from './words';

function take(told: Told): void {
  hold(applied(room.parts, told));
  if (hasWordsForFew(room.parts, told)) void live.again();
}

/** Hold this state from now on, and say what of it is new. */
function hold(parts: Parts): void {
  const before = room.parts;
  room.parts = parts;
  if (
    seatOf(parts, me.person)?.conducts !== seatOf(before, me.person)?.conducts ||
    knownItems(parts) !== knownItems(before)
  ) {
    // The chair named this secretary, or took it back, or others may know of an item: this is
    // another page now.
    location.reload();
    return;
  }
  moved(meetingOf(before).current);
  called(openVote(before)?.id);
  replaced(before);
  removed(before);
  paintAll();
}

function called(before: number | undefined): void {
  const vote = openVote(room.parts);
  if (vote && vote.id !== before)
    alarm(word({ vi: `Mở biểu quyết: ${vote.question}`, en: `A vote is open: ${vote.question}` }));
}

/** A paper was replaced: said at once, and the one that lies open stays. */
function replaced(before: Parts): void {
  for (const each of allPapers()) {
    const newer = newerOf(room.parts, each);
    if (!newer || newer.edition === newerOf(before, each)?.edition) continue;
    tell(
      word({
        vi: `“${each.title}” đã có bản mới (bản ${newer.edition}); bản đang mở vẫn giữ nguyên.`,
        en: `“${each.title}” was replaced (edition ${newer.edition}); what is open stays as it is.`,
      }),
    );
  }
}

/** A file was removed: said at once, and the screen that shows it goes dark. */
function removed(before: Parts): void {
  for (const each of allPapers()) {
    if (!isRemoved(room.parts, each) || isRemoved(before, each)) continue;
    const pane = document.querySelector<HTMLElement>('.paper');
    if (pane?.dataset.paperUrl === each.url) pane.dispatchEvent(new Event('paper:gone'));
    tell(
      word({
        vi: `“${each.title}” vừa bị gỡ khẩn cấp; không ai mở được nữa.`,
        en: `“${each.title}” was just removed as an emergency; nobody can open it any more.`,
      }),
    );
  }
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

if (room.shown !== null) showItem(room.shown, room.shown === meetingOf(room.parts).current);
paintAll();
setInterval(tickElapsed, 1000);
export const live = new Live<State>({
  enter: 'meeting:enter',
  id: page.meeting,
  url: `${base}/state`,
  state: page.state,
  apply: take,
  replace: (state) => hold(state.parts),
});
