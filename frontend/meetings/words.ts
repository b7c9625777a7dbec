import { clockOf, dayOf, now, pad, word } from '../words';
import { h, paint } from './paint';
import {
  bookOf,
  type Choice,
  type ItemPart,
  type MeetingPart,
  type Parts,
  type QuorumPart,
  type SpeechPart,
  type Stand,
  seatOf,
  type VotePart,
} from './state';

export const itemWords = (item: ItemPart): string =>
  word({ vi: `nội dung ${item.number}`, en: `item ${item.number}` });

/** "24/25 có mặt, đủ số theo quy định", or how many are missing. */
export function presentWords(quorum: QuorumPart): string {
  const count = `${quorum.present}/${quorum.members}`;
  if (!quorum.needed) return word({ vi: `${count} có mặt`, en: `${count} present` });
  if (!quorum.missing) {
    return word({
      vi: `${count} có mặt, đủ số theo quy định`,
      en: `${count} present, a quorum`,
    });
  }
  return word({
    vi: `${count} có mặt, còn thiếu ${quorum.missing} thành viên`,
    en: `${count} present, ${quorum.missing} members short of a quorum`,
  });
}

export function stateWords(meeting: MeetingPart, startsAt: string): string {
  const words = {
    planned: { vi: 'Dự kiến', en: 'Planned' },
    convened: {
      vi: `Chưa khai mạc · ${clockOf(startsAt)} ngày ${dayOf(startsAt)}`,
      en: `Not yet open · ${clockOf(startsAt)} on ${dayOf(startsAt)}`,
    },
    open: { vi: 'Đang họp', en: 'In session' },
    adjourned: { vi: 'Tạm dừng', en: 'Adjourned' },
    closed: { vi: 'Đã bế mạc', en: 'Closed' },
    concluded: { vi: 'Đã kết thúc', en: 'Concluded' },
  };
  return word(words[meeting.state]);
}

export const itemStateWords = (item: ItemPart, isCurrent: boolean): string =>
  word(
    isCurrent
      ? { vi: 'Đang bàn', en: 'Under discussion' }
      : {
          waiting: { vi: 'Chờ', en: 'Waiting' },
          discussed: { vi: 'Đang bàn', en: 'Under discussion' },
          concluded: { vi: 'Đã kết luận', en: 'Concluded' },
          deferred: { vi: 'Hoãn', en: 'Deferred' },
        }[item.state],
  );

export const itemShape = (item: ItemPart, isCurrent: boolean): string =>
  isCurrent
    ? 'now'
    : { waiting: 'waiting', discussed: 'now', concluded: 'done', deferred: 'deferred' }[item.state];

export const minutes = (count: number): string => word({ vi: `${count} phút`, en: `${count} min` });

/** How long an item or a speech has been going on, in minutes and seconds. */
export function elapsed(from: string, before: number): string {
  const seconds = Math.max(0, before + Math.floor((now() - Date.parse(from)) / 1000));
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

/** A running time that `tickElapsed` keeps right. */
export const running = (from: string, before = 0): HTMLElement =>
  h('span', { class: 'num', 'data-from': from, 'data-before': before }, elapsed(from, before));

export function tickElapsed(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-from]')) {
    paint(each, elapsed(each.dataset.from ?? '', Number(each.dataset.before)));
  }
  for (const each of document.querySelectorAll<HTMLElement>('[data-until]')) {
    paint(each, String(secondsTo(each.dataset.until ?? '')));
  }
}

/** One stroke a member: full in the hall, hollow online, thin absent; a post at the number needed. */
export function meter(quorum: QuorumPart, height = 56): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const gap = (index: number): number => (quorum.needed && index >= quorum.needed ? 8 : 0);
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'quorum');
  svg.setAttribute('viewBox', `0 0 ${quorum.members * 16 + 2} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', presentWords(quorum));
  const draw = (name: string, attributes: Record<string, number | string>): void => {
    const shape = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, String(value));
    svg.append(shape);
  };
  for (let index = 0; index < quorum.members; index += 1) {
    const x = index * 16 + gap(index) * 0.75;
    const top = 14;
    const tall = height - top - 8;
    if (index < quorum.hall) draw('rect', { class: 'q-in', x, y: top, width: 9, height: tall });
    else if (index < quorum.present) {
      draw('rect', { class: 'q-far', x: x + 0.75, y: top + 0.75, width: 7.5, height: tall - 1.5 });
    } else draw('rect', { class: 'q-out', x: x + 3, y: top, width: 3, height: tall });
  }
  if (quorum.needed)
    draw('path', { class: 'q-post', d: `M${quorum.needed * 16 - 0.5} 0V${height - 2}` });
  return svg;
}

// ---- votes ----

export const choiceWords = (choice: Choice): string =>
  word(
    {
      agree: { vi: 'Đồng ý', en: 'Agree' },
      disagree: { vi: 'Không đồng ý', en: 'Disagree' },
      other_opinion: { vi: 'Ý kiến khác', en: 'Other opinion' },
    }[choice],
  );

export const standWords = (stand: Stand): string =>
  word(
    {
      agree: { vi: 'đồng ý', en: 'agree' },
      disagree: { vi: 'không đồng ý', en: 'disagree' },
      other: { vi: 'ý kiến khác', en: 'other opinion' },
      silent: { vi: 'không biểu quyết', en: 'did not vote' },
    }[stand],
  );

export const STANDS: Stand[] = ['agree', 'disagree', 'other', 'silent'];

/** "12/25 đã biểu quyết": how many, never who or what. */
export const castWords = (vote: VotePart): string =>
  word({
    vi: `${vote.cast}/${vote.members} đã biểu quyết`,
    en: `${vote.cast}/${vote.members} have voted`,
  });

export const missingWords = (quorum: QuorumPart): string =>
  word({
    vi: `còn thiếu ${quorum.missing} thành viên (${quorum.present}/${quorum.members} có mặt, cần ${quorum.needed})`,
    en: `${quorum.missing} members are missing (${quorum.present}/${quorum.members} present, ${quorum.needed} needed)`,
  });

export const outcomeWords = (outcome: string): string => {
  const words: Record<string, { vi: string; en: string }> = {
    passed: { vi: 'Thông qua', en: 'Passed' },
    not_passed: { vi: 'Không thông qua', en: 'Not passed' },
    needs_decision: {
      vi: 'Cần Thủ tướng Chính phủ quyết định',
      en: 'For the Prime Minister to decide',
    },
    awaits_classification: {
      vi: 'Chờ phân loại ý kiến khác',
      en: 'Other opinions are to be classified',
    },
  };
  const found = words[outcome];
  return found ? word(found) : outcome;
};

const CLOSING_SHOWN = 5;
// A device whose clock is a little behind must not promise more than the five seconds.
const secondsTo = (at: string): number =>
  Math.min(CLOSING_SHOWN, Math.max(0, Math.ceil((Date.parse(at) - now()) / 1000)));

/** The seconds that are left, kept right by `tickElapsed`. */
export const left = (at: string): HTMLElement =>
  h('span', { class: 'num', 'data-until': at }, String(secondsTo(at)));

/** How an open vote stands: counting, suspended, or about to close. */
export function voteStateWords(vote: VotePart, quorum: QuorumPart): (string | HTMLElement)[] {
  if (vote.suspended) {
    const missing = missingWords(quorum);
    return [word({ vi: `Tạm ngừng: ${missing}`, en: `Suspended: ${missing}` })];
  }
  if (vote.closing_at) {
    return [
      word({ vi: 'Đóng sau ', en: 'Closes in ' }),
      left(vote.closing_at),
      word({ vi: ' giây', en: ' s' }),
    ];
  }
  return [castWords(vote)];
}

/** For whom somebody attends; nothing for whoever attends for themselves. */
export function standsForWords(parts: Parts, person: number): string {
  const member = seatOf(parts, person)?.stands_for;
  const office = member ? (seatOf(parts, member)?.office ?? '') : '';
  return office && word({ vi: `dự thay ${office}`, en: `for ${office}` });
}

/** Who speaks, where an office alone does not tell. */
export const speakerName = (parts: Parts, speech: SpeechPart): string =>
  seatOf(parts, speech.person)?.name ?? '';

export const speakerWords = (parts: Parts, speech: SpeechPart): string =>
  [speech.office, standsForWords(parts, speech.person)].filter(Boolean).join(', ');

/** Where these papers stand in the session's book, as it is bound now. */
export function bookPages(parts: Parts, papers: { id: number }[]): string {
  const pages = papers.flatMap((each) => bookOf(parts)[each.id] ?? []);
  if (!pages.length) return '';
  const [first, last] = [Math.min(...pages), Math.max(...pages)];
  return word({ vi: `tr. ${first}–${last}`, en: `pp. ${first}–${last}` });
}
