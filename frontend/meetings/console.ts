// The console of chair and secretary: the floor, and who is there.
import { word } from '../words';
import { doorsWords, mayCheckIn } from './foot';
import { h, paint, shape } from './paint';
import { button, row } from './pieces';
import { askedWords, outcome, speakingWords } from './rail';
import { place, room } from './room';
import {
  floorOf,
  itemOf,
  meetingOf,
  quorumOf,
  type SeatPart,
  type SpeechPart,
  seatsOf,
} from './state';
import { presentWords, running, speakerWords, standsForWords } from './words';

export function paintConsole(): void {
  const floor = floorOf(room.parts);
  const waiting = floor.filter((each) => each.state === 'waiting');
  paint(
    place('floor-head'),
    word({ vi: 'Phát biểu', en: 'Speaking' }),
    h(
      'span',
      { class: 'meta' },
      word({
        vi: `đã phát biểu ${meetingOf(room.parts).spoken} · chờ ${waiting.length}`,
        en: `${meetingOf(room.parts).spoken} have spoken · ${waiting.length} waiting`,
      }),
    ),
  );
  const rows = floor.map((each) => speechRow(each, waiting.indexOf(each) + 1));
  if (!rows.length) {
    rows.push(
      row(
        shape('waiting'),
        word({ vi: 'Chưa ai đăng ký phát biểu', en: 'Nobody has asked to speak' }),
        [],
      ),
    );
  }
  paint(place('floor'), ...rows);
  const item = itemOf(room.parts, room.shown);
  paint(place('outcome'), ...(item ? outcome(item) : []));
}

function speechRow(speech: SpeechPart, number: number): HTMLElement {
  const id = String(speech.id);
  if (speech.state === 'speaking' && speech.called_at) {
    const speaking = row(
      shape('now'),
      speakerWords(room.parts, speech),
      [speakingWords(room.parts, speech), running(speech.called_at)],
      button(word({ vi: 'Xong', en: 'Done' }), 'end-speech', { 'data-speech': id }),
    );
    speaking.classList.add('row--now');
    return speaking;
  }
  return row(
    String(number),
    speakerWords(room.parts, speech),
    [askedWords(room.parts, speech)],
    button(word({ vi: 'Mời', en: 'Invite' }), 'give-floor', {
      'data-speech': id,
      'data-key': `give-${id}`,
    }),
  );
}

export function paintAttendance(): void {
  const words = [presentWords(quorumOf(room.parts)), mayCheckIn() ? '' : doorsWords()];
  paint(place('attendance-words'), words.filter(Boolean).join(' · '));
  paint(place('attendance'), ...seatsOf(room.parts).map(seatRow));
}

function seatRow(seat: SeatPart): HTMLElement {
  const choices = [
    ['hall', word({ vi: 'Phòng họp', en: 'Hall' })],
    ['online', word({ vi: 'Trực tuyến', en: 'Online' })],
    ['absent', word({ vi: 'Vắng', en: 'Absent' })],
  ] as const;
  const now = seat.attendance ?? 'absent';
  return row(
    shape(seat.attendance ? 'done' : 'waiting'),
    seat.office,
    [
      [seat.name, standsForWords(room.parts, seat.person) || roleWords(seat)]
        .filter(Boolean)
        .join(' · '),
    ],
    h(
      'span',
      {
        class: 'acts',
        role: 'group',
        'aria-label': [seat.office, seat.name].filter(Boolean).join(', '),
      },
      ...choices.map(([how, words]) =>
        button(words, 'confirm-for', {
          class: 'btn btn--small',
          'data-person': String(seat.person),
          'data-how': how,
          'data-key': `${seat.person}-${how}`,
          'aria-pressed': String(how === now),
        }),
      ),
    ),
  );
}

const roleWords = (seat: SeatPart): string =>
  word(
    {
      chair: { vi: 'Chủ trì', en: 'Chair' },
      member: { vi: 'Thành viên', en: 'Member' },
      secretary: { vi: 'Thư ký', en: 'Secretary' },
      invitee: { vi: 'Đại biểu mời dự', en: 'Invitee' },
      substitute: { vi: 'Dự họp thay', en: 'Substitute' },
    }[seat.role],
  );
