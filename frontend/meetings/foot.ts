// The foot: what this person does next.
import { clockOf, dayOf, now, word } from '../words';
import { h, paint, shape } from './paint';
import { button } from './pieces';
import { me, page, place, room } from './room';
import {
  floorOf,
  itemOf,
  meetingOf,
  nextItem,
  openVote,
  quorumOf,
  type SeatPart,
  seatOf,
} from './state';
import { voteHand } from './votes';
import { castWords, itemWords, presentWords, stateWords } from './words';

export function paintFoot(): void {
  const left = h('div', { class: 'foot__l' }, ...leftActs());
  paint(place('foot'), left, hand());
  paint(place('open-words'), openWords());
  const vote = openVote(room.parts);
  paint(place('close-vote-words'), vote && castWords(vote));
}

function leftActs(): Node[] {
  const seat = seatOf(room.parts, me.person);
  const meeting = meetingOf(room.parts);
  const found: Node[] = [];
  if (me.conducts) {
    found.push(
      button(
        room.view === 'console'
          ? word({ vi: 'Xem tài liệu', en: 'See papers' })
          : word({ vi: 'Điều hành', en: 'Console' }),
        'switch-view',
        {},
        'files',
      ),
    );
    const next = nextItem(room.parts);
    const isBetween = meeting.state === 'open' && meeting.current !== null;
    if (isBetween && next && !openVote(room.parts)) {
      found.push(
        button(
          word({ vi: `Chuyển sang ${itemWords(next)}`, en: `Go to ${itemWords(next)}` }),
          'call',
          { 'data-item': String(next.id) },
          'arrow-right',
        ),
      );
    }
  }
  if (seat && meeting.state === 'convened' && !mayCheckIn())
    found.push(h('span', { class: 'meta' }, doorsWords()));
  if (!seat || !mayCheckIn()) return found;
  // The one field of ink is the vote's; whoever is not checked in does it from here.
  if (!seat.attendance && !me.conducts && voteHand()) found.push(...checkInButtons());
  if (!seat.attendance && me.conducts) {
    found.push(
      button(
        word({ vi: 'Tôi có mặt', en: 'I am here' }),
        'attend',
        { 'data-how': 'hall' },
        'check',
      ),
    );
  }
  if (seat.attendance && meeting.state === 'open' && !me.conducts) found.push(speakButton());
  if (seat.attendance && !me.conducts) found.push(presentTag(seat));
  return found;
}

const presentTag = (seat: SeatPart): Node =>
  h(
    'span',
    { class: 'tag not-phone' },
    shape('done'),
    seat.attendance === 'hall'
      ? word({ vi: 'Đã xác nhận: tại phòng họp', en: 'Confirmed: in the hall' })
      : word({ vi: 'Đã xác nhận: trực tuyến', en: 'Confirmed: online' }),
  );

function speakButton(): Node {
  const own = floorOf(room.parts).find((each) => each.person === me.person);
  return own
    ? button(
        word({ vi: 'Rút đăng ký phát biểu', en: 'Withdraw wish to speak' }),
        'withdraw',
        {},
        'mic',
      )
    : button(word({ vi: 'Đăng ký phát biểu', en: 'Ask to speak' }), 'speak', {}, 'mic');
}

const isUnderWay = (): boolean => ['open', 'adjourned'].includes(meetingOf(room.parts).state);

/** The one solid field of ink: what waits for this person's hand. */
function hand(): Node | false {
  const vote = voteHand();
  if (vote) return inked(vote.title, h('p', { class: 'meta' }, ...vote.second), ...vote.buttons);
  return me.conducts ? conductingHand() : attendingHand();
}

function inked(title: string, second: string | Node, ...buttons: Node[]): Node {
  return h(
    'section',
    { class: 'hand', 'aria-label': title },
    h(
      'div',
      { class: 'hand__b' },
      h('p', { class: 'strong' }, title),
      typeof second === 'string' ? h('p', { class: 'meta not-narrow' }, second) : second,
    ),
    ...buttons,
  );
}

function conductingHand(): Node | false {
  const meeting = meetingOf(room.parts);
  const order = me.by_order
    ? word({ vi: 'theo chỉ đạo của chủ trì', en: 'by order of the chair' })
    : '';
  const second = [presentWords(quorumOf(room.parts)), order].filter(Boolean).join(' · ');
  if (meeting.state === 'convened') {
    return inked(
      word({ vi: 'Khai mạc phiên họp', en: 'Open the session' }),
      second,
      button(word({ vi: 'Khai mạc', en: 'Open' }), 'ask-open'),
    );
  }
  if (meeting.state === 'adjourned') {
    return inked(
      word({ vi: 'Phiên họp đang tạm dừng', en: 'The session is adjourned' }),
      second,
      button(word({ vi: 'Họp tiếp', en: 'Resume' }), 'resume', {}, 'play'),
    );
  }
  if (meeting.state !== 'open') return false;
  const current = itemOf(room.parts, meeting.current);
  if (current) {
    return inked(
      word({ vi: `Kết luận ${itemWords(current)}`, en: `Conclude ${itemWords(current)}` }),
      second,
      button(word({ vi: 'Ghi kết luận', en: 'Write the conclusion' }), 'ask-conclude', {
        'data-item': String(current.id),
      }),
    );
  }
  const next = nextItem(room.parts);
  if (next) {
    return inked(
      word({ vi: `Tiếp theo: ${itemWords(next)}`, en: `Next: ${itemWords(next)}` }),
      next.presenter || second,
      button(
        word({ vi: `Gọi ${itemWords(next)}`, en: `Call ${itemWords(next)}` }),
        'call',
        { 'data-item': String(next.id) },
        'arrow-right',
      ),
    );
  }
  return inked(
    word({ vi: 'Các nội dung đã xong', en: 'All items are done' }),
    second,
    button(word({ vi: 'Bế mạc phiên họp', en: 'Close the session' }), 'ask-close'),
  );
}

export const mayCheckIn = (): boolean => isUnderWay() || now() >= Date.parse(page.doors_at);

function attendingHand(): Node | false {
  const seat = seatOf(room.parts, me.person);
  const state = meetingOf(room.parts).state;
  if (!seat || seat.attendance || state === 'closed' || !mayCheckIn()) return false;
  return inked(
    word({ vi: 'Xác nhận dự họp', en: 'Confirm that you attend' }),
    stateWords(meetingOf(room.parts), page.starts_at),
    ...checkInButtons(),
  );
}

const checkInButtons = (): Node[] => [
  button(word({ vi: 'Tại phòng họp', en: 'In the hall' }), 'attend', {
    'data-how': 'hall',
    'data-key': 'hall',
  }),
  button(word({ vi: 'Trực tuyến', en: 'Online' }), 'attend', {
    'data-how': 'online',
    'data-key': 'online',
  }),
];

export function doorsWords(): string {
  const at = `${clockOf(page.doors_at)}, ${dayOf(page.doors_at)}`;
  return word({
    vi: `Xác nhận dự họp được từ ${at}`,
    en: `You can confirm that you attend from ${at}`,
  });
}

function openWords(): string {
  const quorum = quorumOf(room.parts);
  if (!quorum.missing) return `${presentWords(quorum)}.`;
  return word({
    vi: `${presentWords(quorum)}. Vẫn khai mạc được; biểu quyết chỉ mở khi đủ số theo quy định.`,
    en: `${presentWords(quorum)}. The session can open; a vote opens only with a quorum.`,
  });
}
