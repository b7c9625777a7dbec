// entry
// The screen of the hall: read only, large, the same facts as everywhere.
import { Live } from '../live';
import { word } from '../words';
import './meetings.css';
import { h, paint } from './paint';
import {
  applied,
  floorOf,
  type ItemPart,
  itemOf,
  lastVoteOn,
  meetingOf,
  nextItem,
  type Parts,
  quorumOf,
  type State,
  type VotePart,
} from './state';
import {
  bookPages,
  castWords,
  itemWords,
  left,
  meter,
  minutes,
  outcomeWords,
  presentWords,
  running,
  STANDS,
  speakerName,
  speakerWords,
  standWords,
  stateWords,
  tickElapsed,
} from './words';

const LONG_TITLE = 110;

const page: {
  meeting: number;
  title: string;
  starts_at: string;
  papers: Record<string, { id: number }[]>;
  state: State;
} = JSON.parse(document.getElementById('page')?.textContent ?? '{}');
let parts: Parts = page.state.parts;

const place = (name: string): HTMLElement | null => document.querySelector(`[data-hall="${name}"]`);

function paintAll(): void {
  const meeting = meetingOf(parts);
  const item = itemOf(parts, meeting.current);
  const next = nextItem(parts);
  const title = item?.title ?? page.title;
  const vote = shownVote(item);
  const state = vote ? voteWords(vote) : stateWords(meeting, page.starts_at);
  const long = title.length > LONG_TITLE || vote?.counts ? ' hall__t--long' : '';
  const papers = bookPages(parts, page.papers[String(item?.id)] ?? []);
  const inBook = papers && word({ vi: `Tài liệu: ${papers}`, en: `Papers: ${papers}` });
  const coming = next && meeting.state === 'open' ? next : undefined;
  paint(
    place('item'),
    h(
      'p',
      { class: 'hall__k' },
      item ? `${itemWords(item).replace(/^./, (first) => first.toUpperCase())} · ${state}` : state,
    ),
    h('h1', { class: `hall__t${long}` }, title),
    vote
      ? h('p', { class: 'hall__who' }, votedOn(vote, title))
      : item?.presenter
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
    item && !vote && inBook && h('p', { class: 'hall__who' }, inBook),
  );
  const quorum = quorumOf(parts);
  paint(place('quorum'), meter(quorum, 86), h('p', { class: 'hall__l' }, presentWords(quorum)));
  if (vote) {
    paint(place('figures'), ...voteFigures(vote));
    return;
  }
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
        h('p', { class: 'hall__l' }, speakerWords(parts, speaking)),
        speakerName(parts, speaking) && h('p', { class: 'hall__l' }, speakerName(parts, speaking)),
      ),
  );
}

/** The open vote, or the result of the item that is still under discussion. */
function shownVote(item: ItemPart | undefined): VotePart | undefined {
  const vote = item && lastVoteOn(parts, item.id);
  return vote?.state === 'stopped' ? undefined : vote;
}

/** What the vote came to; before that its question, unless that is the title with a mark. */
function votedOn(vote: VotePart, title: string): string {
  if (vote.sentence) return vote.sentence;
  return vote.question.includes(title)
    ? word({
        vi: 'Thành viên Chính phủ biểu quyết thông qua',
        en: 'The members vote on adopting it',
      })
    : vote.question;
}

function voteWords(vote: VotePart): string {
  if (vote.state === 'closed') {
    return `${word({ vi: 'Kết quả biểu quyết', en: 'Result of the vote' })}: ${outcomeWords(vote.outcome)}`;
  }
  return vote.suspended
    ? word({ vi: 'Biểu quyết tạm ngừng', en: 'The vote is suspended' })
    : word({ vi: 'Đang biểu quyết', en: 'Voting' });
}

/** Before the closing how many have voted; after it how many stood where, and no names. */
function voteFigures(vote: VotePart): Node[] {
  const counts = vote.counts;
  if (counts) {
    return STANDS.map((each) => figure(String(counts[each]), standWords(each), 'hall__f'));
  }
  const cast = figure(
    `${vote.cast}/${vote.members}`,
    word({ vi: 'đã biểu quyết', en: 'have voted' }),
  );
  cast.setAttribute('aria-label', castWords(vote));
  if (!vote.closing_at) return [cast];
  return [
    cast,
    figure(left(vote.closing_at), word({ vi: 'giây nữa đóng', en: 'seconds to the closing' })),
  ];
}

const figure = (number: string | Node, words: string, more = ''): HTMLElement =>
  h(
    'div',
    more ? { class: more } : {},
    h('p', { class: 'hall__n' }, number),
    h('p', { class: 'hall__l' }, words),
  );

paintAll();
setInterval(tickElapsed, 1000);
new Live<State>({
  enter: 'meeting:enter',
  id: page.meeting,
  url: `/meetings/${page.meeting}/state?for=hall`,
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
