// A vote as the live page shows it: on the rail to everybody, in the foot to whose turn it is.
import { Refusal, send } from '../http';
import { now, word } from '../words';
import { h, shape } from './paint';
import { button, section, wide } from './pieces';
import { base, me, page, room } from './room';
import {
  type ItemPart,
  lastVoteOn,
  meetingOf,
  openVote,
  quorumOf,
  type Stand,
  type VotePart,
} from './state';
import { itemWords, missingWords, outcomeWords, STANDS, standWords, voteStateWords } from './words';

const COUNT_AGAIN = 400;
// This device's idea of the server's clock may run a little ahead of it.
const SLACK = 200;

// ---- the rail ----

export function voteSection(item: ItemPart): HTMLElement[] {
  const vote = lastVoteOn(room.parts, item.id);
  const found: HTMLElement[] = [];
  if (vote)
    found.push(
      section(titleOf(vote, item), h('div', { class: 'padded stack--s' }, ...about(vote))),
    );
  if (me.conducts && mayAsk(item)) found.push(asking(item));
  return found;
}

function titleOf(vote: VotePart, item: ItemPart): string {
  return vote.state === 'open'
    ? word({ vi: `Đang biểu quyết ${itemWords(item)}`, en: `Voting on ${itemWords(item)}` })
    : word({ vi: 'Biểu quyết', en: 'Vote' });
}

function about(vote: VotePart): Node[] {
  const question = h('p', { class: 'said' }, vote.question);
  if (vote.state === 'stopped') {
    return [question, h('p', { class: 'meta' }, word(STOPPED))];
  }
  if (vote.state === 'closed') return [question, ...result(vote)];
  const quorum = quorumOf(room.parts);
  const found: Node[] = [
    question,
    h(
      'p',
      { class: 'tag' },
      shape(vote.suspended ? 'missing' : 'now'),
      ...voteStateWords(vote, quorum),
    ),
  ];
  if (vote.naming === 'hidden') found.push(h('p', { class: 'faint' }, word(HIDDEN)));
  if (!me.votes) found.push(h('p', { class: 'faint' }, word(NO_VOTER)));
  if (me.conducts)
    found.push(
      wide(word({ vi: 'Dừng, không lấy kết quả', en: 'Stop without a result' }), 'ask-stop-vote'),
    );
  return found;
}

const STOPPED = {
  vi: 'Đã dừng, không lấy kết quả.',
  en: 'Stopped, without a result.',
};
const HIDDEN = {
  vi: 'Màn hình chỉ nêu số phiếu. Đây không phải biểu quyết kín: tên vẫn ghi trong biên bản.',
  en: 'The screens show totals only. This is no secret vote: the minutes name everybody.',
};
const NO_VOTER = {
  vi: 'Chỉ thành viên Chính phủ biểu quyết; quyền biểu quyết không ủy quyền.',
  en: 'Only members of the Government vote; a vote is not delegated.',
};

function result(vote: VotePart): Node[] {
  const found: Node[] = [
    h('p', { class: 'strong' }, outcomeWords(vote.outcome)),
    h('p', {}, vote.sentence),
  ];
  const counts = vote.counts;
  if (counts)
    found.push(
      h(
        'p',
        { class: 'faint' },
        STANDS.map((each) => `${counts[each]} ${standWords(each)}`).join(' · '),
      ),
    );
  if (vote.names) found.push(names(vote.names));
  else if (vote.naming === 'hidden') found.push(h('p', { class: 'faint' }, word(HIDDEN)));
  return found;
}

const names = (found: Record<Stand, string[]>): HTMLElement =>
  h(
    'details',
    {},
    h('summary', {}, word({ vi: 'Theo từng thành viên', en: 'By member' })),
    ...STANDS.filter((each) => found[each].length).map((each) =>
      h(
        'p',
        { class: 'names' },
        h('b', { class: 'strong' }, `${standWords(each)}: `),
        found[each].join('; '),
      ),
    ),
  );

const mayAsk = (item: ItemPart): boolean =>
  page.government &&
  meetingOf(room.parts).state === 'open' &&
  item.state === 'discussed' &&
  !item.restricted &&
  !openVote(room.parts);

/** The button stays where it is and says why it does nothing yet. */
function asking(item: ItemPart): HTMLElement {
  const quorum = quorumOf(room.parts);
  const words = word({ vi: 'Mở biểu quyết', en: 'Open a vote' });
  const missing = missingWords(quorum);
  return section(
    word({ vi: `Biểu quyết ${itemWords(item)}`, en: `Vote on ${itemWords(item)}` }),
    h(
      'div',
      { class: 'padded stack--s' },
      quorum.missing
        ? button(words, 'ask-vote', {
            class: 'btn btn--wide',
            'aria-disabled': 'true',
            'aria-describedby': 'no-quorum',
            'data-item': String(item.id),
          })
        : wide(words, 'ask-vote', item),
      quorum.missing > 0 &&
        h(
          'p',
          { class: 'tag', id: 'no-quorum' },
          shape('missing'),
          word({ vi: `Chưa biểu quyết được: ${missing}`, en: `No vote yet: ${missing}` }),
        ),
    ),
  );
}

/** Why no vote can be asked for now, in words; '' when it can. */
export function noVoteWords(): string {
  const quorum = quorumOf(room.parts);
  if (!quorum.missing) return '';
  const missing = missingWords(quorum);
  return word({ vi: `Chưa mở biểu quyết được: ${missing}.`, en: `No vote can open: ${missing}.` });
}

// ---- the foot ----

/** The buttons of an open vote for this reader, the words beside them, and a mark if it is theirs. */
export function voteHand(): {
  title: string;
  second: (string | HTMLElement)[];
  buttons: Node[];
} | null {
  const vote = openVote(room.parts);
  if (!vote || !(me.votes || me.conducts)) return null;
  const number = page.voted[vote.id];
  const state = voteStateWords(vote, quorumOf(room.parts));
  const buttons: Node[] = [];
  if (me.votes && !vote.suspended) {
    buttons.push(
      number
        ? button(word({ vi: 'Thay phiếu', en: 'Change vote' }), 'vote')
        : button(word({ vi: 'Biểu quyết', en: 'Vote' }), 'vote', {}, 'arrow-right'),
    );
  }
  if (me.conducts && !vote.suspended && !vote.closing_at) {
    buttons.push(button(word({ vi: 'Đóng biểu quyết', en: 'Close the vote' }), 'ask-close-vote'));
  }
  const title = number
    ? word({ vi: `Đã ghi nhận · số ${number}`, en: `Recorded · number ${number}` })
    : word({ vi: 'Biểu quyết đang mở', en: 'A vote is open' });
  return { title, second: state, buttons };
}

// ---- the closing that was announced ----

let counting = '';

/** Whoever conducts counts, once the hall has seen the closing for its five seconds. */
export function countWhenDue(): void {
  const vote = openVote(room.parts);
  if (!vote?.closing_at || vote.suspended || !me.conducts) return;
  const due = `${vote.id} ${vote.closing_at}`;
  if (counting === due) return;
  counting = due;
  setTimeout(() => void count(vote), Math.max(0, Date.parse(vote.closing_at) - now()) + SLACK);
}

async function count(vote: VotePart): Promise<void> {
  try {
    await send<void>(`${base}/votes/${vote.id}/close`, { method: 'POST' });
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    // Stopped meanwhile by the other who conducts; or early, or no line: again.
    counting = '';
    if (wrong.reason !== 'not_open') setTimeout(countWhenDue, COUNT_AGAIN);
  }
}
