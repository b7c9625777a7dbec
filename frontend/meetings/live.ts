// entry
// The live room: one page whose controls follow the seat. Facts come by the line, acts go by HTTP.
import { Refusal, send } from '../http';
import { Live } from '../live';
import type { Told } from '../sequence';
import { now, word } from '../words';
import './meetings.css';
import { h, paint, shape } from './paint';
import {
  applied,
  floorOf,
  type ItemPart,
  isSettled,
  itemOf,
  itemsOf,
  meetingOf,
  nextItem,
  type Parts,
  quorumOf,
  type SeatPart,
  type SpeechPart,
  type State,
  seatOf,
  seatsOf,
} from './state';
import {
  clockOf,
  dayOf,
  itemShape,
  itemStateWords,
  itemWords,
  meter,
  minutes,
  presentWords,
  running,
  stateWords,
  tickElapsed,
} from './words';

interface Paper {
  id: number;
  title: string;
  url: string;
  pages: number;
  edition: number;
  read: boolean;
}

interface Page {
  meeting: number;
  title: string;
  starts_at: string;
  doors_at: string;
  me: {
    person: number;
    seated: boolean;
    conducts: boolean;
    by_order: boolean;
    confirms: boolean;
    assigns: boolean;
  };
  papers: Record<string, Paper[]>;
  state: State;
}

const page: Page = JSON.parse(document.getElementById('page')?.textContent ?? '{}');
const me = page.me;
const base = `/meetings/${page.meeting}`;
const FOLLOW = 'follow-session';

let parts: Parts = page.state.parts;
let follows = localStorage.getItem(FOLLOW) !== 'no';
let shown: number | null = meetingOf(parts).current ?? firstWithPapers() ?? null;
let paper: number | null = null;
let view: 'console' | 'doc' = me.conducts ? 'console' : 'doc';

function firstWithPapers(): number | undefined {
  const items = itemsOf(parts);
  return (items.find((each) => page.papers[String(each.id)]?.length) ?? items[0])?.id;
}

const place = (name: string): HTMLElement | null => document.querySelector(`[data-live="${name}"]`);

const button = (words: string, act: string, more: Record<string, string> = {}, icon = ''): Node =>
  h(
    'button',
    { type: 'button', class: 'btn', 'data-do': act, 'data-key': act, ...more },
    icon && shape(`icon:${icon}`),
    words,
  );

const row = (
  mark: Node | string,
  title: Node | string,
  second: (Node | string)[],
  ...acts: Node[]
) =>
  h(
    'li',
    { class: 'row' },
    h('span', { class: 'row__m' }, mark),
    h(
      'div',
      { class: 'row__b' },
      typeof title === 'string' ? h('span', { class: 'row__t' }, title) : title,
      second.length > 0 && h('span', { class: 'row__s' }, ...second),
    ),
    ...acts,
  );

// ---- what is shown ----

function paintAll(): void {
  paint(
    place('present'),
    shape(quorumOf(parts).missing ? 'missing' : 'done'),
    presentWords(quorumOf(parts)),
  );
  paintStrip();
  paintAgenda();
  paintRail();
  paintFoot();
  if (me.conducts) paintConsole();
  if (me.confirms) paintAttendance();
  showView();
}

function paintStrip(): void {
  const meeting = meetingOf(parts);
  const current = itemOf(parts, meeting.current);
  if (!current) {
    paint(
      place('strip'),
      h('span', { class: 'tag live__k' }, stateWords(meeting, page.starts_at)),
      h('span', { class: 'live__t' }, stripWords()),
    );
    return;
  }
  const isElsewhere = !me.conducts && shown !== current.id;
  const words = isElsewhere
    ? word({ vi: `Đang bàn ${itemWords(current)}`, en: `Under discussion: ${itemWords(current)}` })
    : `${meeting.state === 'adjourned' ? stateWords(meeting, '') : word({ vi: 'Đang bàn', en: 'Under discussion' })} · ${itemWords(current)}`;
  paint(
    place('strip'),
    h(
      'span',
      { class: 'tag live__k' },
      shape(meeting.state === 'adjourned' ? 'deferred' : 'now'),
      words,
    ),
    h('span', { class: 'live__t' }, current.title),
    current.called_at !== null &&
      h(
        'span',
        { class: 'live__clock not-phone', 'aria-live': 'off' },
        running(current.called_at, current.spent),
        ` / ${minutes(current.minutes)}`,
      ),
    isElsewhere && button(word({ vi: 'Tới đó', en: 'Go there' }), 'go-there', {}, 'arrow-right'),
    !me.conducts &&
      h(
        'button',
        {
          type: 'button',
          class: 'switch',
          role: 'switch',
          'aria-checked': String(follows),
          'data-do': 'follow',
        },
        h('i'),
        word({ vi: 'Theo dõi', en: 'Follow' }),
      ),
  );
}

function stripWords(): string {
  const meeting = meetingOf(parts);
  if (meeting.state !== 'open') return page.title;
  const next = nextItem(parts);
  if (!next) return word({ vi: 'Các nội dung đã xong', en: 'All items are done' });
  return word({ vi: `Tiếp theo: ${next.title}`, en: `Next: ${next.title}` });
}

function paintAgenda(): void {
  const current = meetingOf(parts).current;
  paint(
    place('agenda'),
    ...itemsOf(parts).map((each) => {
      const isCurrent = each.id === current;
      return h(
        'li',
        {},
        h(
          'a',
          {
            class: `agenda__a${isSettled(each) ? ' agenda__a--past' : ''}`,
            href: `${base}?item=${each.id}`,
            'data-do': 'show-item',
            'data-item': each.id,
            'aria-current': each.id === shown ? 'true' : null,
          },
          h('b', {}, String(each.number)),
          h(
            'span',
            {},
            each.title,
            h('small', {}, `${itemStateWords(each, isCurrent)} · ${minutes(each.minutes)}`),
          ),
          shape(itemShape(each, isCurrent)),
        ),
      );
    }),
  );
}

function paintRail(): void {
  const item = itemOf(parts, shown);
  if (!item) {
    paint(place('rail'));
    return;
  }
  const papers = page.papers[String(item.id)] ?? [];
  const sections = me.conducts
    ? [presence(), ...controls(item), paperList(item, papers)]
    : [paperList(item, papers), ...outcome(item), speakers(), presence()];
  paint(place('rail'), ...sections);
}

const section = (title: string, ...children: (Node | string | false)[]): HTMLElement =>
  h('section', {}, h('h2', { class: 'pane__h' }, title), ...children);

function paperList(item: ItemPart, papers: Paper[]): HTMLElement {
  const title = word({ vi: `Tài liệu ${itemWords(item)}`, en: `Papers of ${itemWords(item)}` });
  if (!papers.length) {
    return section(
      title,
      h('p', { class: 'padx meta' }, word({ vi: 'Không có tài liệu.', en: 'No papers.' })),
    );
  }
  return section(
    title,
    h(
      'ul',
      { class: 'rows rows--slim' },
      ...papers.map((each) => {
        const isOpen = each.id === paper && !(me.conducts && view === 'console');
        const link = h(
          'a',
          {
            class: 'row__t',
            href: `/papers/${each.id}`,
            'data-do': 'show-paper',
            'data-paper': each.id,
          },
          each.title,
        );
        const state = each.read
          ? word({ vi: 'Đã đọc', en: 'Read' })
          : word({ vi: 'Chưa đọc', en: 'Not read' });
        const pages = word({ vi: `${each.pages} trang`, en: `${each.pages} pages` });
        const line = row(shape(each.read ? 'read' : 'waiting'), link, [`${state} · ${pages}`]);
        if (isOpen) line.classList.add('row--now');
        return line;
      }),
    ),
  );
}

function outcome(item: ItemPart): HTMLElement[] {
  if (item.state === 'deferred') {
    return [
      section(word({ vi: 'Hoãn', en: 'Deferred' }), h('p', { class: 'padx said' }, item.reason)),
    ];
  }
  if (item.state !== 'concluded') return [];
  const found = [
    section(
      word({ vi: 'Kết luận', en: 'Conclusion' }),
      h('p', { class: 'padx said' }, item.conclusion),
    ),
  ];
  if (item.orders.length) {
    found.push(
      section(
        word({ vi: 'Nhiệm vụ giao tại kết luận', en: 'Orders of the conclusion' }),
        h('ol', { class: 'rows rows--slim' }, ...item.orders.map(orderRow)),
      ),
    );
  }
  return found;
}

function orderRow(order: { id: number; text: string }, index: number): HTMLElement {
  const title = h('span', { class: 'row__t said' }, order.text);
  const link = me.assigns
    ? [
        h(
          'a',
          { class: 'btn btn--quiet', href: `/tasks/assign?order=${order.id}` },
          word({ vi: 'Giao nhiệm vụ', en: 'Assign a task' }),
        ),
      ]
    : [];
  return row(String(index + 1), title, link);
}

function speakers(): HTMLElement {
  const floor = floorOf(parts);
  const title = word({ vi: 'Phát biểu', en: 'Speaking' });
  if (!floor.length) {
    return section(
      title,
      h('p', { class: 'padx meta' }, word({ vi: 'Chưa ai đăng ký.', en: 'Nobody has asked.' })),
    );
  }
  const waiting = floor.filter((each) => each.state === 'waiting');
  const rows = floor.map((each) => {
    if (each.state === 'speaking' && each.called_at) {
      return row(shape('now'), each.office, [
        word({ vi: 'Đang phát biểu · ', en: 'Speaking · ' }),
        running(each.called_at),
      ]);
    }
    return row(String(waiting.indexOf(each) + 1), each.office, [askedWords(each)]);
  });
  return section(title, h('ol', { class: 'rows rows--slim' }, ...rows));
}

const askedWords = (speech: SpeechPart): string =>
  word({ vi: `Đăng ký ${clockOf(speech.asked_at)}`, en: `Asked at ${clockOf(speech.asked_at)}` });

function presence(): HTMLElement {
  const quorum = quorumOf(parts);
  const where = word({
    vi: `${quorum.hall} tại phòng họp · ${quorum.online} trực tuyến`,
    en: `${quorum.hall} in the hall · ${quorum.online} online`,
  });
  const needed = quorum.needed
    ? word({ vi: `, cần ${quorum.needed}`, en: `, ${quorum.needed} needed` })
    : '';
  return section(
    word({ vi: 'Có mặt', en: 'Present' }),
    h(
      'div',
      { class: 'padded stack--s' },
      meter(quorum),
      h(
        'p',
        { class: 'strong' },
        h('span', { class: 'num' }, `${quorum.present}/${quorum.members}`),
        word({ vi: ' có mặt', en: ' present' }),
        needed,
      ),
      h('p', { class: 'faint' }, where),
      me.confirms && button(word({ vi: 'Điểm danh', en: 'Attendance' }), 'attendance', {}, 'users'),
    ),
  );
}

function controls(item: ItemPart): HTMLElement[] {
  const meeting = meetingOf(parts);
  const found: HTMLElement[] = [];
  if (meeting.state === 'open' && !isSettled(item)) {
    found.push(
      section(
        word({
          vi: `Chưa kết luận ${itemWords(item)}?`,
          en: `No conclusion on ${itemWords(item)}?`,
        }),
        h(
          'div',
          { class: 'padded stack--s' },
          wide(word({ vi: 'Hoãn, ghi lý do', en: 'Defer, with a reason' }), 'ask-defer', item),
        ),
      ),
    );
  }
  const session: Node[] = [];
  if (meeting.state === 'open')
    session.push(wide(word({ vi: 'Tạm dừng phiên', en: 'Adjourn' }), 'adjourn'));
  if (meeting.state === 'open' || meeting.state === 'adjourned') {
    const open = itemsOf(parts).filter((each) => !isSettled(each)).length;
    if (open) {
      session.push(
        h(
          'p',
          { class: 'meta' },
          word({
            vi: `Bế mạc được khi ${open} nội dung còn lại có kết luận hoặc được hoãn.`,
            en: `The session can close once its ${open} remaining items are concluded or deferred.`,
          }),
        ),
      );
    } else
      session.push(wide(word({ vi: 'Bế mạc phiên họp', en: 'Close the session' }), 'ask-close'));
  }
  if (session.length) {
    found.push(
      section(
        word({ vi: 'Phiên họp', en: 'Session' }),
        h('div', { class: 'padded stack--s' }, ...session),
      ),
    );
  }
  return found;
}

const wide = (words: string, act: string, item?: ItemPart): Node =>
  button(words, act, { class: 'btn btn--wide', ...(item ? { 'data-item': String(item.id) } : {}) });

// ---- the console of chair and secretary ----

function paintConsole(): void {
  const floor = floorOf(parts);
  const waiting = floor.filter((each) => each.state === 'waiting');
  paint(
    place('floor-head'),
    word({ vi: 'Phát biểu', en: 'Speaking' }),
    h(
      'span',
      { class: 'meta' },
      word({
        vi: `đã phát biểu ${meetingOf(parts).spoken} · chờ ${waiting.length}`,
        en: `${meetingOf(parts).spoken} have spoken · ${waiting.length} waiting`,
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
  const item = itemOf(parts, shown);
  paint(place('outcome'), ...(item ? outcome(item) : []));
}

function speechRow(speech: SpeechPart, number: number): HTMLElement {
  const id = String(speech.id);
  if (speech.state === 'speaking' && speech.called_at) {
    const speaking = row(
      shape('now'),
      speech.office,
      [word({ vi: 'Đang phát biểu · ', en: 'Speaking · ' }), running(speech.called_at)],
      button(word({ vi: 'Xong', en: 'Done' }), 'end-speech', { 'data-speech': id }),
    );
    speaking.classList.add('row--now');
    return speaking;
  }
  return row(
    String(number),
    speech.office,
    [askedWords(speech)],
    button(word({ vi: 'Mời', en: 'Invite' }), 'give-floor', {
      'data-speech': id,
      'data-key': `give-${id}`,
    }),
  );
}

function paintAttendance(): void {
  paint(place('attendance-words'), presentWords(quorumOf(parts)));
  paint(place('attendance'), ...seatsOf(parts).map(seatRow));
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
    [roleWords(seat)],
    h(
      'span',
      { class: 'acts' },
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
    }[seat.role],
  );

// ---- the foot: what this person does next ----

function paintFoot(): void {
  const left = h('div', { class: 'foot__l' }, ...leftActs());
  paint(place('foot'), left, hand());
  paint(place('open-words'), openWords());
}

function leftActs(): Node[] {
  const seat = seatOf(parts, me.person);
  const meeting = meetingOf(parts);
  const found: Node[] = [];
  if (me.conducts) {
    found.push(
      button(
        view === 'console'
          ? word({ vi: 'Xem tài liệu', en: 'See papers' })
          : word({ vi: 'Điều hành', en: 'Console' }),
        'switch-view',
        {},
        'files',
      ),
    );
    const next = nextItem(parts);
    if (meeting.state === 'open' && meeting.current !== null && next) {
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
  if (seat && meeting.state === 'convened' && !mayCheckIn()) found.push(doorsNote());
  if (!seat || !mayCheckIn()) return found;
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
  const own = floorOf(parts).find((each) => each.person === me.person);
  return own
    ? button(
        word({ vi: 'Rút đăng ký phát biểu', en: 'Withdraw wish to speak' }),
        'withdraw',
        {},
        'mic',
      )
    : button(word({ vi: 'Đăng ký phát biểu', en: 'Ask to speak' }), 'speak', {}, 'mic');
}

const isUnderWay = (): boolean => ['open', 'adjourned'].includes(meetingOf(parts).state);

/** The one solid field of ink: what waits for this person's hand. */
function hand(): Node | false {
  return me.conducts ? conductingHand() : attendingHand();
}

function inked(title: string, second: string, ...buttons: Node[]): Node {
  return h(
    'section',
    { class: 'hand', 'aria-label': title },
    h(
      'div',
      { class: 'hand__b' },
      h('p', { class: 'strong' }, title),
      h('p', { class: 'meta not-narrow' }, second),
    ),
    ...buttons,
  );
}

function conductingHand(): Node | false {
  const meeting = meetingOf(parts);
  const order = me.by_order
    ? word({ vi: 'theo chỉ đạo của chủ trì', en: 'by order of the chair' })
    : '';
  const second = [presentWords(quorumOf(parts)), order].filter(Boolean).join(' · ');
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
  const current = itemOf(parts, meeting.current);
  if (current) {
    return inked(
      word({ vi: `Kết luận ${itemWords(current)}`, en: `Conclude ${itemWords(current)}` }),
      second,
      button(word({ vi: 'Ghi kết luận', en: 'Write the conclusion' }), 'ask-conclude', {
        'data-item': String(current.id),
      }),
    );
  }
  const next = nextItem(parts);
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

const mayCheckIn = (): boolean => isUnderWay() || now() >= Date.parse(page.doors_at);

function attendingHand(): Node | false {
  const seat = seatOf(parts, me.person);
  const state = meetingOf(parts).state;
  if (!seat || seat.attendance || state === 'closed' || !mayCheckIn()) return false;
  return inked(
    word({ vi: 'Xác nhận dự họp', en: 'Confirm that you attend' }),
    stateWords(meetingOf(parts), page.starts_at),
    button(word({ vi: 'Tại phòng họp', en: 'In the hall' }), 'attend', {
      'data-how': 'hall',
      'data-key': 'hall',
    }),
    button(word({ vi: 'Trực tuyến', en: 'Online' }), 'attend', {
      'data-how': 'online',
      'data-key': 'online',
    }),
  );
}

function doorsNote(): Node {
  const at = `${clockOf(page.doors_at)}, ${dayOf(page.doors_at)}`;
  return h(
    'span',
    { class: 'meta' },
    word({ vi: `Xác nhận dự họp được từ ${at}`, en: `You can confirm that you attend from ${at}` }),
  );
}

function openWords(): string {
  const quorum = quorumOf(parts);
  if (!quorum.missing) return `${presentWords(quorum)}.`;
  return word({
    vi: `${presentWords(quorum)}. Vẫn khai mạc được; biểu quyết chỉ mở khi đủ số theo quy định.`,
    en: `${presentWords(quorum)}. The session can open; a vote opens only with a quorum.`,
  });
}

// ---- papers ----

function showItem(id: number): void {
  shown = id;
  const first = page.papers[String(id)]?.[0];
  const pane = document.querySelector<HTMLElement>('.paper');
  const empty = place('nodoc');
  if (empty) empty.hidden = Boolean(first);
  pane?.classList.toggle('away', !first);
  if (first) showPaper(id, first.id);
  else paper = null;
}

function showPaper(itemId: number, id: number): void {
  const found = page.papers[String(itemId)]?.find((each) => each.id === id);
  const pane = document.querySelector<HTMLElement>('.paper');
  if (!found || !pane) return;
  paper = id;
  found.read = true;
  if (pane.dataset.paperUrl === found.url) return;
  pane.dispatchEvent(
    new CustomEvent('paper:show', { detail: { url: found.url, title: found.title } }),
  );
}

/** PDF.js measures its pages, so a paper out of sight is kept in its place. */
function showView(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-view]')) {
    const isAway = me.conducts && each.dataset.view !== view;
    each.classList.toggle('away', isAway);
    each.inert = isAway;
  }
  document.getElementById('main')?.classList.toggle('pane--doc', view === 'doc');
}

// ---- what is done ----

const said = (words: string): void => {
  const status = place('said');
  if (status) status.textContent = words;
};

function tell(words: string): void {
  let host = document.querySelector('.toasts');
  if (!host) {
    host = h('div', { class: 'toasts' });
    document.querySelector('.app')?.append(host);
  }
  const toast = h(
    'div',
    { class: 'toast', role: 'alert' },
    shape('missing'),
    h('span', {}, words),
    h(
      'button',
      { class: 'btn push', type: 'button', 'data-dismiss': '' },
      word({ vi: 'Đóng', en: 'Close' }),
    ),
  );
  host.replaceChildren(toast);
}

async function act(path: string, fields: Record<string, string | string[]> = {}): Promise<void> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) body.append(name, each);
  }
  await send<void>(`${base}${path}`, { method: 'POST', body });
  await live.refresh();
}

const dialogOf = (id: string): HTMLDialogElement | null =>
  document.getElementById(id) as HTMLDialogElement | null;

function ask(id: string, itemId?: string): void {
  const dialog = dialogOf(id);
  if (!dialog) return;
  const form = dialog.querySelector('form');
  const item = itemOf(parts, Number(itemId));
  if (form && item && form.dataset.item !== String(item.id)) {
    form.reset();
    form.dataset.item = String(item.id);
    dialog.querySelector('[data-order-list]')?.replaceChildren();
  }
  const title = dialog.querySelector('[data-item-title]');
  if (title && item) {
    const words = id === 'defer' ? { vi: 'Hoãn', en: 'Defer' } : { vi: 'Kết luận', en: 'Conclude' };
    title.textContent = `${word(words)} ${itemWords(item)}: ${item.title}`;
  }
  dialog.querySelector('.errs')?.remove();
  dialog.showModal();
}

function addOrder(): void {
  const list = document.querySelector('[data-order-list]');
  if (!list) return;
  const number = list.children.length + 1;
  const id = `order-${number}`;
  list.append(
    h(
      'p',
      { class: 'field' },
      h(
        'label',
        { class: 'field__l', for: id },
        word({ vi: `Nhiệm vụ ${number}`, en: `Order ${number}` }),
      ),
      h('textarea', { class: 'input', id, name: 'order', rows: 2 }),
    ),
  );
  document.getElementById(id)?.focus();
}

const CLICKS: Record<string, (target: HTMLElement) => Promise<void> | void> = {
  'show-item': (target) => {
    const id = Number(target.dataset.item);
    follows = follows && id === meetingOf(parts).current;
    showItem(id);
    closeAgenda();
  },
  'show-paper': (target) => {
    if (shown !== null) showPaper(shown, Number(target.dataset.paper));
    view = 'doc';
  },
  'go-there': () => {
    const current = meetingOf(parts).current;
    if (current !== null) showItem(current);
    follows = localStorage.getItem(FOLLOW) !== 'no';
  },
  follow: () => {
    follows = !follows;
    localStorage.setItem(FOLLOW, follows ? 'yes' : 'no');
    const current = meetingOf(parts).current;
    if (follows && current !== null) showItem(current);
  },
  'open-agenda': () => document.querySelector('[data-panes]')?.classList.add('panes--agenda'),
  'close-agenda': () => closeAgenda(),
  'to-rail': () => document.getElementById('rail')?.scrollIntoView(),
  'switch-view': () => {
    view = view === 'console' ? 'doc' : 'console';
  },
  attendance: () => dialogOf('attendance')?.showModal(),
  'add-order': () => addOrder(),
  'ask-open': () => ask('open'),
  'ask-close': () => ask('close'),
  'ask-conclude': (target) => ask('conclude', target.dataset.item),
  'ask-defer': (target) => ask('defer', target.dataset.item),
  adjourn: () => act('/adjourn'),
  resume: () => act('/resume'),
  call: (target) => act(`/items/${target.dataset.item}/call`),
  attend: (target) => act('/attendance', { how: target.dataset.how ?? '' }),
  'confirm-for': (target) =>
    act(`/attendance/${target.dataset.person}`, { how: target.dataset.how ?? '' }),
  speak: () => act('/floor'),
  withdraw: () => act('/floor/withdraw'),
  'give-floor': (target) => act(`/floor/${target.dataset.speech}/give`),
  'end-speech': (target) => act(`/floor/${target.dataset.speech}/end`),
};

const COMMANDS: Record<string, (form: HTMLFormElement) => Promise<void>> = {
  open: () => act('/open'),
  close: () => act('/close'),
  conclude: (form) => {
    const data = new FormData(form);
    return act(`/items/${form.dataset.item}/conclude`, {
      text: String(data.get('text')),
      order: data.getAll('order').map(String),
    });
  },
  defer: (form) => {
    const reason = String(new FormData(form).get('reason'));
    return act(`/items/${form.dataset.item}/defer`, { reason });
  },
};

function closeAgenda(): void {
  document.querySelector('[data-panes]')?.classList.remove('panes--agenda');
}

async function click(target: HTMLElement): Promise<void> {
  if (target.getAttribute('aria-busy') === 'true') return;
  target.setAttribute('aria-busy', 'true');
  try {
    await CLICKS[target.dataset.do ?? '']?.(target);
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    tell(wrong.message);
  } finally {
    target.removeAttribute('aria-busy');
    paintAll();
  }
}

async function submit(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector('[type="submit"]');
  if (button?.getAttribute('aria-busy') === 'true') return;
  button?.setAttribute('aria-busy', 'true');
  form.querySelector('.errs')?.remove();
  try {
    await COMMANDS[form.dataset.command ?? '']?.(form);
    form.closest('dialog')?.close();
    form.reset();
    delete form.dataset.item;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    const box = h(
      'section',
      { class: 'errs', role: 'alert', tabindex: -1 },
      h('p', {}, wrong.message),
    );
    form.prepend(box);
    box.focus();
  } finally {
    button?.removeAttribute('aria-busy');
  }
}

document.addEventListener('click', (event) => {
  const target = (event.target as HTMLElement).closest<HTMLElement>('[data-do]');
  if (!target || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void click(target);
});
document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.command === undefined) return;
  event.preventDefault();
  void submit(form);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeAgenda();
});

// ---- facts ----

function take(told: Told): void {
  const before = meetingOf(parts).current;
  parts = applied(parts, told);
  moved(before);
  paintAll();
}

/** The session went to another item: whoever follows goes along. */
function moved(before: number | null): void {
  const current = meetingOf(parts).current;
  if (current === null || current === before) return;
  if (follows || me.conducts) showItem(current);
  const item = itemOf(parts, current);
  if (item)
    said(
      word({
        vi: `Đang bàn ${itemWords(item)}: ${item.title}`,
        en: `Now ${itemWords(item)}: ${item.title}`,
      }),
    );
}

if (shown !== null) showItem(shown);
paintAll();
setInterval(tickElapsed, 1000);
const live = new Live<State>({
  enter: 'meeting:enter',
  id: page.meeting,
  url: `${base}/state`,
  state: page.state,
  apply: take,
  replace: (state) => {
    const before = meetingOf(parts).current;
    parts = state.parts;
    moved(before);
    paintAll();
  },
});
