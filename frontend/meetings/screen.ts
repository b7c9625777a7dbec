// The whole live page, drawn from what the room holds.
import { paintAgenda, paintStrip } from './agenda';
import { paintAttendance, paintConsole } from './console';
import { paintFoot } from './foot';
import { paint, shape } from './paint';
import { noteOpened, showView } from './papers';
import { paintRail } from './rail';
import { me, place, room } from './room';
import { quorumOf } from './state';
import { countWhenDue } from './votes';
import { KEPT, leaveVoteThatEnded } from './voting';
import { presentWords } from './words';

export function paintAll(): void {
  paint(
    place('present'),
    shape(quorumOf(room.parts).missing ? 'missing' : 'done'),
    presentWords(quorumOf(room.parts)),
  );
  paintStrip();
  paintAgenda();
  paintRail();
  paintFoot();
  if (me.conducts) paintConsole();
  if (me.confirms) paintAttendance();
  showView();
  countWhenDue();
  leaveVoteThatEnded();
}

document.addEventListener(KEPT, paintAll);
document.addEventListener('paper:opened', (event) => {
  noteOpened((event as CustomEvent<{ url: string }>).detail.url);
  paintAll();
});
