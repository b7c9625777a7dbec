// The rail: papers, outcome, speakers and presence of the item on show; for the chair, its controls.
import { clockOf, word } from '../words';
import { h, paint, shape } from './paint';
import { button, row, section, wide } from './pieces';
import { me, type Paper, page, place, room } from './room';
import {
  floorOf,
  type ItemPart,
  isRemoved,
  isSettled,
  itemOf,
  itemsOf,
  meetingOf,
  newerOf,
  openVote,
  type Parts,
  quorumOf,
  type SpeechPart,
} from './state';
import { voteSection } from './votes';
import { bookPages, itemWords, meter, running, speakerName, speakerWords } from './words';

export function paintRail(): void {
  const item = itemOf(room.parts, room.shown);
  if (!item) {
    paint(place('rail'));
    return;
  }
  const papers = page.papers[String(item.id)] ?? [];
  const sections = me.conducts
    ? [presence(), ...voteSection(item), ...controls(item), paperList(item, papers)]
    : [...voteSection(item), paperList(item, papers), ...outcome(item), speakers(), presence()];
  paint(place('rail'), ...sections);
}

function paperList(item: ItemPart, papers: Paper[]): HTMLElement {
  const title = word({ vi: `Tài liệu ${itemWords(item)}`, en: `Papers of ${itemWords(item)}` });
  if (!papers.length) {
    return section(
      title,
      h(
        'p',
        { class: 'padx meta' },
        item.isUnknown
          ? word({
              vi: 'Chỉ gửi những người cần biết.',
              en: 'Sent only to those who need to know.',
            })
          : word({ vi: 'Không có tài liệu.', en: 'No papers.' }),
      ),
    );
  }
  return section(
    title,
    h(
      'ul',
      { class: 'rows rows--slim' },
      ...papers.map((each) => {
        if (isRemoved(room.parts, each)) {
          const gone = word({ vi: 'Đã gỡ khẩn cấp', en: 'Removed as an emergency' });
          return row(shape('missing'), h('span', { class: 'row__t' }, each.title), [gone]);
        }
        const isOpen = each.id === room.paper && !(me.conducts && room.view === 'console');
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
        const state = each.opened
          ? word({ vi: 'Đã mở', en: 'Opened' })
          : word({ vi: 'Chưa mở', en: 'Not opened' });
        const pages = word({ vi: `${each.pages} trang`, en: `${each.pages} pages` });
        const second = [[state, bookPages(room.parts, [each]), pages].filter(Boolean).join(' · ')];
        const line = row(shape(each.opened ? 'read' : 'waiting'), link, second, ...newer(each));
        if (isOpen) line.classList.add('row--now');
        return line;
      }),
    ),
  );
}

/** The paper stays as it is under its reader's eyes; the newer edition is one press away. */
function newer(paper: Paper): Node[] {
  const found = newerOf(room.parts, paper);
  if (!found) return [];
  const words = word({
    vi: `Đã có bản mới: mở bản ${found.edition}`,
    en: `Replaced: open edition ${found.edition}`,
  });
  return [button(words, 'show-newer', { 'data-paper': String(paper.id) }, 'files')];
}

export function outcome(item: ItemPart): HTMLElement[] {
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
  const floor = floorOf(room.parts);
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
      return row(shape('now'), speakerWords(room.parts, each), [
        speakingWords(room.parts, each),
        running(each.called_at),
      ]);
    }
    return row(String(waiting.indexOf(each) + 1), speakerWords(room.parts, each), [
      askedWords(room.parts, each),
    ]);
  });
  return section(title, h('ol', { class: 'rows rows--slim' }, ...rows));
}

export const askedWords = (parts: Parts, speech: SpeechPart): string =>
  named(
    parts,
    speech,
    word({ vi: `Đăng ký ${clockOf(speech.asked_at)}`, en: `Asked at ${clockOf(speech.asked_at)}` }),
  );

export const speakingWords = (parts: Parts, speech: SpeechPart): string =>
  `${named(parts, speech, word({ vi: 'Đang phát biểu', en: 'Speaking' }))} · `;

const named = (parts: Parts, speech: SpeechPart, words: string): string =>
  [speakerName(parts, speech), words].filter(Boolean).join(' · ');

function presence(): HTMLElement {
  const quorum = quorumOf(room.parts);
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
  const meeting = meetingOf(room.parts);
  const found: HTMLElement[] = [];
  if (openVote(room.parts)) return found;
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
          wide(
            word({ vi: `Hoãn ${itemWords(item)}`, en: `Defer ${itemWords(item)}` }),
            'ask-defer',
            item,
          ),
        ),
      ),
    );
  }
  const session: Node[] = [];
  if (meeting.state === 'open')
    session.push(wide(word({ vi: 'Tạm dừng phiên', en: 'Adjourn' }), 'adjourn'));
  if (meeting.state === 'open' || meeting.state === 'adjourned') {
    const open = itemsOf(room.parts).filter((each) => !isSettled(each)).length;
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
