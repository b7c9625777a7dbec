// A member's own vote: choose, check, sign with this device's key, send until the receipt verifies.
import { isUnconfirmed, passes } from '../ballots/sending';
import { once } from '../busy';
import { stepUpByCode } from '../code';
import { Refusal, send } from '../http';
import { canUse, stepUp } from '../people/passkey';
import { sha256, toBase64, toHex, utf8 } from '../signing/base64';
import { deviceKey } from '../signing/keys';
import { verifyReceipt } from '../signing/receipt';
import { canonical, type Plain, signStatement } from '../signing/statement';
import { clockOf, now, word } from '../words';
import { h, paint, shape } from './paint';
import { button } from './pieces';
import { base, me, page, place, room } from './room';
import { type Choice, openVote, removedDigests, type VotePart, votesOf } from './state';
import { choiceWords } from './words';

interface Mine {
  terms: Record<string, Plain>;
  follows: number;
  kept: { number: string; at: string } | null;
  step_up: boolean;
  passkey: boolean;
}

interface Receipt {
  number: string;
  at: string;
  receipt: string;
  envelope: string;
  log_key: string;
}

interface Signed {
  statement: string;
  opinion: string;
  signature: string;
  key: string;
}

type Step = 'choose' | 'check' | 'sending' | 'kept' | 'no-key' | 'over';

const CHOICES: Choice[] = ['agree', 'disagree', 'other_opinion'];
const PAUSES = [200, 500, 1_000, 2_000, 5_000];

const dialog = (): HTMLDialogElement | null =>
  document.getElementById('vote') as HTMLDialogElement | null;

/** Said once an answer of this device is kept, so that the page shows it. */
export const KEPT = 'vote:kept';

let vote: VotePart | null = null;
let mine: Mine | null = null;
let step: Step = 'choose';
let choice: Choice | null = null;
let opinion = '';
let label = '';
let needsCode = false;
let byPasskey = false;
let wrong = '';
let kept: Receipt | null = null;
/** Signed once: whatever is sent again of this answer is the same act under the same key. */
let signed: Signed | null = null;

export async function startVoting(): Promise<void> {
  const found = openVote(room.parts);
  if (!found) return;
  vote = found;
  mine = await send<Mine>(`${base}/votes/${found.id}/mine`);
  byPasskey = mine.passkey && canUse();
  needsCode = !mine.step_up;
  [choice, opinion, signed, kept, wrong] = [null, '', null, null, ''];
  const key = await deviceKey(me.person);
  label = key?.label ?? '';
  go(key ? 'choose' : 'no-key');
  if (!dialog()?.open) dialog()?.showModal();
}

/** The vote ended while its dialog lay open: say so; an answer that is kept is final now. */
export function leaveVoteThatEnded(): void {
  if (!vote || step === 'over' || !dialog()?.open || isOpen()) return;
  go(step === 'kept' ? 'kept' : 'over');
}

const isOpen = (): boolean => openVote(room.parts)?.id === vote?.id;

function go(to: Step, said = ''): void {
  [step, wrong] = [to, said];
  paint(place('ballot'), ...STEPS[to]());
  // What asks for something, or tells of something wrong, is where the reader is.
  dialog()?.querySelector<HTMLElement>('.errs, [data-step-title]')?.focus();
}

const title = (words: string): Node =>
  h('h2', { class: 'h2', id: 'vote-title', tabindex: '-1', 'data-step-title': '' }, words);

const asked = (): Node => h('p', { class: 'padtop said vote__q' }, vote?.question ?? '');

const errors = (): Node | false =>
  wrong !== '' && h('section', { class: 'errs', role: 'alert', tabindex: '-1' }, h('p', {}, wrong));

const close = (words: { vi: string; en: string }): Node =>
  h('button', { type: 'button', class: 'btn', 'data-close': '' }, word(words));

const STEPS: Record<Step, () => (Node | false)[]> = {
  choose: () => [
    title(word({ vi: 'Biểu quyết', en: 'Vote' })),
    errors(),
    asked(),
    mine?.kept
      ? h('p', { class: 'meta' }, againWords(mine.kept.at, mine.kept.number))
      : h('p', { class: 'meta' }, word(SEALED)),
    h(
      'div',
      { class: 'vote__choices' },
      ...CHOICES.map((each) =>
        button(choiceWords(each), 'choose', {
          class: 'btn btn--big btn--wide vote__choice',
          'data-choice': each,
          'data-key': each,
        }),
      ),
    ),
    h('p', { class: 'acts' }, close({ vi: 'Để sau', en: 'Later' })),
  ],
  check: () => [
    title(word({ vi: 'Kiểm tra rồi ký', en: 'Check, then sign' })),
    errors(),
    asked(),
    h('p', { class: 'vote__chosen' }, choice ? choiceWords(choice) : ''),
    h(
      'form',
      { 'data-sign-vote': '' },
      choice === 'other_opinion' && opinionField(),
      h(
        'p',
        { class: 'faint' },
        word({
          vi: `Ký bằng khóa của thiết bị này: ${label}.`,
          en: `Signed with this device's key: ${label}.`,
        }),
        byPasskey &&
          word({
            vi: ' Máy sẽ hỏi vân tay, khuôn mặt hoặc mã khóa máy.',
            en: ' The device will ask for your passkey.',
          }),
      ),
      !byPasskey && needsCode && codeField(),
      h(
        'p',
        { class: 'acts' },
        h(
          'button',
          { type: 'submit', class: 'btn btn--do btn--big' },
          shape('icon:check'),
          word({ vi: 'Ký và gửi', en: 'Sign and send' }),
        ),
        button(word({ vi: 'Chọn lại', en: 'Choose again' }), 'choose-again'),
      ),
    ),
  ],
  sending: () => [
    title(word({ vi: 'Chưa xác nhận', en: 'Not confirmed yet' })),
    h(
      'p',
      { class: 'padtop' },
      word({
        vi: 'Phiếu đã ký và đang được gửi. Máy tự gửi lại tới khi có biên nhận hợp lệ; gửi nhiều lần vẫn chỉ là một phiếu. Hãy giữ trang này mở.',
        en: 'Your vote is signed and on its way. It is sent again until a receipt verifies, and never counts twice. Keep this page open.',
      }),
    ),
  ],
  kept: () => [
    h('p', { class: 'vote__done' }, shape('done')),
    title(word({ vi: 'Đã ghi nhận', en: 'Recorded' })),
    asked(),
    h('p', { class: 'h3 num' }, word({ vi: `Số ${kept?.number}`, en: `Number ${kept?.number}` })),
    h(
      'p',
      { class: 'meta' },
      word({
        vi: `Lúc ${clockOf(kept?.at ?? '')}. Biên nhận đã được kiểm trên máy này.`,
        en: `At ${clockOf(kept?.at ?? '')}. The receipt was checked on this device.`,
      }),
      ' ',
      standing(),
    ),
    h('p', { class: 'acts' }, close({ vi: 'Xong', en: 'Done' })),
  ],
  'no-key': () => [
    title(word({ vi: 'Thiết bị này chưa có khóa ký', en: 'This device has no signing key' })),
    h(
      'p',
      { class: 'padtop' },
      word({
        vi: 'Chưa biểu quyết được trên thiết bị này. Hãy đăng ký khóa ký rồi quay lại, dùng thiết bị đã đăng ký, hoặc báo thư ký phiên họp.',
        en: 'You cannot vote on this device yet. Enrol a signing key and come back, use a device that is enrolled, or tell the secretary.',
      }),
    ),
    h(
      'p',
      { class: 'acts' },
      h(
        'a',
        { class: 'btn btn--do', href: '/devices' },
        word({ vi: 'Đăng ký khóa ký', en: 'Enrol a signing key' }),
      ),
      close({ vi: 'Đóng', en: 'Close' }),
    ),
  ],
  over: () => [
    title(word({ vi: 'Biểu quyết đã kết thúc', en: 'The vote has ended' })),
    h(
      'p',
      { class: 'padtop' },
      word({
        vi: 'Phiếu chưa gửi không được nhận nữa. Phiếu đã ghi nhận trước đó, nếu có, vẫn được giữ.',
        en: 'An answer that was not sent is not taken any more. One recorded before stands.',
      }),
    ),
    h('p', { class: 'acts' }, close({ vi: 'Đóng', en: 'Close' })),
  ],
};

const SEALED = {
  vi: 'Lựa chọn được niêm phong tới khi đóng biểu quyết.',
  en: 'Your choice is sealed until the vote closes.',
};

const MAY_CHANGE = {
  vi: 'Có thể thay phiếu đến khi đó.',
  en: 'You may change it until then.',
};

const CLOSED = {
  vi: 'Biểu quyết đã đóng; phiếu gửi sau cùng được tính.',
  en: 'The vote has closed; the last answer counts.',
};

const STOPPED = {
  vi: 'Biểu quyết đã dừng, không lấy kết quả.',
  en: 'The vote was stopped, without a result.',
};

/** What holds of an answer that is kept: until the vote ends, and by how it ended. */
function standing(): string {
  if (isOpen()) return `${word(SEALED)} ${word(MAY_CHANGE)}`;
  const ended = votesOf(room.parts).find((each) => each.id === vote?.id);
  return word(ended?.state === 'stopped' ? STOPPED : CLOSED);
}

const againWords = (at: string, number: string): string =>
  word({
    vi: `Ông/Bà đã biểu quyết lúc ${clockOf(at)}, số ${number}. Phiếu gửi sau cùng được tính.`,
    en: `You voted at ${clockOf(at)}, number ${number}. The last answer counts.`,
  });

const opinionField = (): Node =>
  h(
    'p',
    { class: 'field' },
    h(
      'label',
      { class: 'field__l', for: 'vote-opinion' },
      word({ vi: 'Nội dung ý kiến', en: 'The opinion' }),
    ),
    h(
      'textarea',
      { class: 'input', id: 'vote-opinion', rows: 3, maxlength: 2000, name: 'opinion' },
      opinion,
    ),
  );

const codeField = (): Node =>
  h(
    'p',
    { class: 'field' },
    h(
      'label',
      { class: 'field__l', for: 'vote-code' },
      word({ vi: 'Mã xác thực 6 số', en: '6-digit code' }),
    ),
    h('input', {
      class: 'input input--code',
      id: 'vote-code',
      name: 'code',
      inputmode: 'numeric',
      autocomplete: 'one-time-code',
      maxlength: 9,
    }),
  );

export function choose(chosen: string): void {
  choice = CHOICES.find((each) => each === chosen) ?? null;
  signed = null;
  go('check');
}

export const chooseAgain = (): void => go('choose');

// ---- signing and sending ----

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.signVote === undefined) return;
  event.preventDefault();
  void once(form, signVote);
});

async function signVote(): Promise<void> {
  try {
    const answer = signed ?? (await sign());
    if (!answer) return;
    const assertion = await confirmation(answer);
    if (assertion === null) return;
    await deliver(answer, assertion);
  } catch (refused) {
    if (!(refused instanceof Refusal)) throw refused;
    if (isUnconfirmed(refused)) [byPasskey, needsCode] = [false, true];
    // What was refused for good is written anew; what only waits for a code stays signed.
    else signed = null;
    // From another screen of one's own, perhaps: what stands is shown, and nothing is chosen.
    if (refused.reason === 'voted_meanwhile') await startVoting();
    const again = choice ? 'check' : 'choose';
    go(refused.reason === 'not_open' ? 'over' : again, refused.message);
  }
}

const typed = (id: string): string =>
  (document.getElementById(id) as HTMLInputElement | null)?.value ?? '';

async function sign(): Promise<Signed | null> {
  opinion = typed('vote-opinion').normalize('NFC').trim();
  if (choice === 'other_opinion' && !opinion) {
    stay(word({ vi: 'Ghi nội dung ý kiến', en: 'Enter the opinion' }));
    return null;
  }
  const key = await deviceKey(me.person);
  if (!key || !choice || !mine || !shows(mine.terms)) {
    stay(
      word({
        vi: 'Nội dung nhận được không khớp với những gì đang hiện nên máy này không ký. Hãy tải lại trang, hoặc báo thư ký phiên họp.',
        en: 'What came does not match what is shown, so this device does not sign it. Reload the page, or tell the secretary.',
      }),
    );
    return null;
  }
  const statement = canonical({
    ...mine.terms,
    choice,
    opinion_sha256: toHex(await sha256(utf8(opinion))),
    key_id: key.keyId,
    prev_vote_leaf: mine.follows,
    nonce: random(32),
    issued_at: new Date(now()).toISOString(),
  });
  const signature = await signStatement(me.person, statement);
  if (!signature) return null;
  signed = { statement, opinion, signature: toBase64(signature), key: random(16) };
  return signed;
}

/** Whether the statement names the meeting, vote, question, papers and member on this screen. */
function shows(terms: Mine['terms']): boolean {
  const gone = removedDigests(room.parts);
  const isHere = (digest: unknown) => !gone.has(String(digest));
  const papers = (page.papers[String(vote?.item)] ?? []).map((each) => each.digest);
  const expected: Record<string, Plain | undefined> = {
    v: 1,
    type: 'session_vote',
    signature_class: 'device',
    meeting: page.meeting,
    vote: vote?.id,
    item: vote?.item,
    question: vote?.question,
    naming: vote?.naming,
    member: me.person,
  };
  return (
    Object.entries(expected).every(([name, value]) => terms[name] === value) &&
    canonical(((terms.papers ?? []) as Plain[]).filter(isHere)) === canonical(papers.filter(isHere))
  );
}

const random = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));

/** Say what is missing above the step, leaving what was typed where it is. */
function stay(words: string): void {
  const box = h('section', { class: 'errs', role: 'alert', tabindex: '-1' }, h('p', {}, words));
  place('ballot')?.querySelector('.errs')?.remove();
  place('ballot')?.querySelector('[data-step-title]')?.after(box);
  box.focus();
}

/** How the member shows that they mean this answer; null while they have not. */
async function confirmation(answer: Signed): Promise<Record<string, unknown> | null> {
  if (!byPasskey) return !needsCode || (await giveCode()) ? {} : null;
  const mark = toHex(await sha256(utf8(answer.statement)));
  try {
    const body = { statement_sha256: mark };
    return { assertion: await stepUp(await send(`${base}/votes/${vote?.id}/step-up`, { body })) };
  } catch (failed) {
    // Given up, or not to be had on this device: nobody is kept from voting by it (AUTH-06).
    if (!(failed instanceof DOMException) && !isUnconfirmed(failed)) throw failed;
    [byPasskey, needsCode] = [false, true];
    go(
      'check',
      word({
        vi: 'Chưa dùng khóa đăng nhập. Nhập mã xác thực 6 số, rồi ký và gửi lại',
        en: 'The passkey was not used. Enter the 6-digit code, then sign and send again',
      }),
    );
    return null;
  }
}

async function giveCode(): Promise<boolean> {
  const digits = typed('vote-code').replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) {
    stay(word({ vi: 'Nhập mã xác thực 6 số', en: 'Enter the 6-digit code' }));
    return false;
  }
  await stepUpByCode(document.querySelector('#vote-code') as HTMLInputElement);
  needsCode = false;
  return true;
}

async function deliver(answer: Signed, assertion: Record<string, unknown>): Promise<void> {
  const number = vote?.id ?? 0;
  const mark = toHex(await sha256(utf8(answer.statement)));
  for (let attempt = 0; ; attempt += 1) {
    try {
      const receipt = await send<Receipt>(`${base}/votes/${number}/casts`, {
        body: { ...answer, ...assertion },
      });
      const named = { type: 'meeting_vote_cast', vote: number, statement_sha256: mark };
      if (!(await verifyReceipt(receipt.receipt, receipt.envelope, receipt.log_key, named))) {
        throw new Refusal(0, 'no_proof', word(NO_PROOF));
      }
      kept = receipt;
      page.voted[number] = receipt.number;
      go('kept');
      document.dispatchEvent(new Event(KEPT));
      return;
    } catch (failed) {
      if (!passes(failed)) throw failed;
      go('sending');
      const pause = PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 5_000;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
    }
  }
}

const NO_PROOF = {
  vi: 'Biên nhận nhận được không hợp lệ. Hãy báo thư ký phiên họp.',
  en: 'The receipt does not verify. Tell the secretary.',
};
