// entry
// Answering a question: choose, check the very paper, sign, send until the receipt verifies.
import './answer.css';
import { once } from '../busy';
import { stepUpByCode } from '../code';
import { Refusal, send } from '../http';
import { canUse, stepUp } from '../people/passkey';
import { fromBase64, toBase64, toHex } from '../signing/base64';
import { type Envelope, keep } from '../signing/envelopes';
import { WillNotSign } from '../signing/paper';
import { NotSigned } from '../signing/plugin';
import {
  deviceSigner,
  outsideSigner,
  type PaperToSign,
  type SignatureClass,
  type Signer,
} from '../signing/signer';
import { tryHere } from '../signing/trial';
import { clockOf, now, word } from '../words';
import { dropDraft, keepDraft, keptDraft, tidy } from './draft';
import { offerProposals } from './proposal';
import { isFinal, isUnconfirmed, sendUntilKept } from './sending';
import { draw, NotDrawn } from './shown';

type Step = '2' | '3' | '4' | 'no-key';

interface Paper extends PaperToSign {
  statement: string;
  signer: Signer;
  choice: string;
  opinion: string;
  /** What this device has signed of it, until it is refused for good. */
  signed?: Envelope;
}

const ballot = document.getElementById('ballot') as HTMLElement;
const form = document.getElementById('answer') as HTMLFormElement;
const opinion = document.getElementById('opinion') as HTMLTextAreaElement;
const code = document.getElementById('code') as HTMLInputElement;
const signButton = document.querySelector('[data-sign-button]') as HTMLButtonElement;
const person = Number(ballot.dataset.person);
const consultation = Number(ballot.dataset.consultation);
const needsOpinion = new Set(ballot.dataset.needsOpinion?.split(','));
let paper: Paper | null = null;
// Which press of the check it is: what an earlier one is still about is shown to nobody.
let turn = 0;
const hasPasskey = ballot.dataset.passkey === 'yes' && canUse();
let byPasskey = hasPasskey;
let needsCode = ballot.dataset.stepUp !== 'yes';

const one = (where: string): HTMLElement => ballot.querySelector<HTMLElement>(where) as HTMLElement;
const all = (where: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(where)];
const chosen = (): string =>
  form.querySelector<HTMLInputElement>('input[name=choice]:checked')?.value ?? '';

// ---- steps ----

function go(step: Step): void {
  for (const each of all('[data-step]')) each.hidden = each.dataset.step !== step;
  for (const each of all('[data-foot]')) each.hidden = each.dataset.foot !== step;
  const number = step === 'no-key' ? '3' : step;
  for (const each of all('[data-step-number]')) each.textContent = number;
  for (const each of all('[data-step-bar]')) {
    each.classList.toggle('on', Number(each.dataset.stepBar) <= Number(number));
  }
  ballot.querySelector<HTMLElement>(`[data-step="${step}"] [data-step-title]`)?.focus();
}

/** Say what was wrong above the step; nothing that was entered is lost. */
function say(step: Step, message: string, field?: HTMLElement): void {
  const place = one(`[data-step="${step}"] [data-errors]`);
  if (!message) {
    place.replaceChildren();
    return;
  }
  const box = document.createElement('section');
  box.className = 'errs';
  box.tabIndex = -1;
  box.setAttribute('role', 'alert');
  const head = document.createElement('h2');
  head.className = 'h3';
  head.textContent = word({ vi: 'Có lỗi', en: 'There is a problem' });
  const text = document.createElement(field?.id ? 'a' : 'p');
  text.textContent = message;
  if (text instanceof HTMLAnchorElement) text.href = `#${field?.id}`;
  box.append(head, text);
  place.replaceChildren(box);
  box.focus();
}

// ---- step 2: choose ----

function saved(): void {
  keepDraft(person, consultation, { choice: chosen(), opinion: opinion.value, at: now() });
  const time = clockOf(now());
  const said = document.querySelector('[data-saved]');
  if (said) {
    said.textContent = word({
      vi: `Nháp lưu trên máy ${time}, chưa gửi`,
      en: `Draft kept on this device at ${time}, not sent`,
    });
  }
}

function tellOptional(): void {
  one('[data-optional]').hidden = needsOpinion.has(chosen());
}

function restore(): void {
  const draft = keptDraft(person, consultation);
  if (!draft) return;
  opinion.value = draft.opinion;
  for (const each of form.querySelectorAll<HTMLInputElement>('input[name=choice]')) {
    each.checked = each.value === draft.choice;
  }
}

/** What is missing before the answer can be checked, with the field where it belongs. */
function missing(): [string, HTMLElement] | null {
  if (!chosen()) {
    const first = document.getElementById('first-choice') as HTMLElement;
    return [word({ vi: 'Chọn một trong bốn ý kiến', en: 'Choose one of the four answers' }), first];
  }
  if (needsOpinion.has(chosen()) && !tidy(opinion.value)) {
    return [word({ vi: 'Ghi nội dung ý kiến', en: 'Enter the text of the opinion' }), opinion];
  }
  return null;
}

// ---- step 3: check ----

async function check(): Promise<void> {
  const wrong = missing();
  say('2', wrong?.[0] ?? '', wrong?.[1]);
  if (wrong) return;
  opinion.value = tidy(opinion.value);
  saved();
  const signer = await chosenSigner();
  if (!signer) {
    go('no-key');
    return;
  }
  turn += 1;
  const own = turn;
  try {
    const asked = await askPaper(signer);
    if (own !== turn) return;
    paper = asked;
    await showPaper(asked, own);
  } catch (refused) {
    if (own !== turn) return;
    go('2');
    say('2', reasonOf(refused));
  }
}

/** The key that the member has chosen to sign by; without a choice, this device's. */
async function chosenSigner(): Promise<Signer | null> {
  const key = form.querySelector<HTMLInputElement>('input[name=signer]:checked');
  if (!key?.value) return deviceSigner(person);
  const { label = '', class: named = '' } = key.dataset;
  const about = { keyId: key.value, label, signatureClass: named as SignatureClass };
  return outsideSigner(about, ballot.dataset.plugin ?? '', {
    begin: ({ pending }) =>
      send(`/consultations/${consultation}/outside-signing`, { body: { pending } }),
    signed: ({ pending }) => send(`/consultations/${consultation}/outside-signing/${pending}`),
  });
}

async function askPaper(signer: Signer): Promise<Paper> {
  const answer = { choice: chosen(), opinion: opinion.value };
  const made = await send<{ pending: string; pdf: string; attrs: string; statement: string }>(
    `/consultations/${consultation}/paper`,
    { body: { ...answer, key_id: signer.keyId, follows: Number(ballot.dataset.follows) } },
  );
  return {
    ...answer,
    signer,
    consultation,
    pending: made.pending,
    pdf: fromBase64(made.pdf),
    attributes: fromBase64(made.attrs),
    statement: made.statement,
  };
}

async function showPaper(shown: Paper, own: number): Promise<void> {
  for (const each of all('[data-chosen]')) each.hidden = each.dataset.chosen !== shown.choice;
  one('[data-opinion]').textContent = shown.opinion || '–';
  one('[data-key-label]').textContent = shown.signer.label;
  for (const each of all('[data-signer-class]')) {
    each.hidden = each.dataset.signerClass !== shown.signer.signatureClass;
  }
  // Its mark is only there once the client has signed; the receipt says it.
  one('[data-mark-shown]').hidden = shown.signer.signatureClass !== 'device';
  one('[data-mark]').textContent = await shown.signer.check(shown, expected(shown));
  byPasskey = hasPasskey;
  showConfirmation();
  say('3', '');
  // Nobody signs a paper that they have not been shown.
  signButton.disabled = true;
  const place = one('[data-ballot-pdf]');
  place.replaceChildren();
  go('3');
  const pages = await draw(shown.pdf, place, ballot.dataset.worker ?? '');
  if (own !== turn) return;
  place.replaceChildren(...pages);
  signButton.disabled = false;
}

/** What the screen shows, and so what alone may be signed. */
function expected(shown: Paper) {
  return {
    statement: shown.statement,
    person,
    consultation,
    question: ballot.dataset.question ?? '',
    choice: shown.choice,
    opinion: shown.opinion,
    papers: (ballot.dataset.papers ?? '').split(',').filter(Boolean),
  };
}

// ---- step 3 to 4: sign and send ----

// Longer without a receipt, and the screen says that nothing is confirmed yet.
const SAID_WITHIN = 1_500;

async function sign(shown: Paper): Promise<void> {
  // A code is asked for before anything is signed; a passkey binds itself to what was signed.
  if (!shown.signer.confirmsFirst && byPasskey) shown.signed ??= await signed(shown);
  const confirmed = await confirmation(shown);
  if (!confirmed) return;
  // Signed once: whatever is sent again of this paper is the same act under the same key.
  shown.signed ??= await signed(shown);
  const envelope = { ...shown.signed, ...confirmed };
  // Kept before it is sent: what was signed here is never lost with the line.
  await keep(envelope);
  await deliver(shown, envelope);
}

async function signed(shown: Paper): Promise<Envelope> {
  const signature = await shown.signer.sign(shown, expected(shown));
  return {
    key: toHex(crypto.getRandomValues(new Uint8Array(16))),
    person,
    consultation,
    pending: shown.pending,
    signature: toBase64(signature),
    at: now(),
  };
}

async function deliver(shown: Paper, envelope: Envelope): Promise<void> {
  const late = setTimeout(() => go('4'), SAID_WITHIN);
  try {
    const receipt = await sendUntilKept(envelope, shown.statement, () => go('4'));
    dropDraft(person, consultation);
    location.assign(`/ballots/by-key/${receipt.key}`);
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (isFinal(wrong)) shown.signed = undefined;
    if (isUnconfirmed(wrong)) askForCode();
    go('3');
    say('3', wrong.message, isUnconfirmed(wrong) ? code : undefined);
  } finally {
    clearTimeout(late);
  }
}

/** What the step asks for beside the device's key: a touch of the passkey, a code, or nothing. */
function showConfirmation(): void {
  one('[data-by-passkey]').hidden = !byPasskey;
  one('[data-step-up-field]').hidden = byPasskey || !needsCode;
}

function askForCode(): void {
  byPasskey = false;
  needsCode = true;
  showConfirmation();
}

type Confirmed = Pick<Envelope, 'assertion'>;

/** How the member shows that they mean this paper; null while they have not. */
async function confirmation(shown: Paper): Promise<Confirmed | null> {
  if (byPasskey) return askPasskey(shown);
  return !needsCode || (await giveCode()) ? {} : null;
}

/** The passkey's word for this very paper; without one, the code is asked for instead. */
async function askPasskey(shown: Paper): Promise<Confirmed | null> {
  const body = { pending: shown.pending };
  try {
    const assertion = await stepUp(await send(`/consultations/${consultation}/step-up`, { body }));
    return { assertion };
  } catch (wrong) {
    // Given up, or not to be had on this device: nobody is kept from answering by it (AUTH-06).
    if (!(wrong instanceof DOMException) && !isUnconfirmed(wrong)) throw wrong;
    askForCode();
    say('3', word(NOT_BY_PASSKEY), code);
    return null;
  }
}

const NOT_BY_PASSKEY = {
  vi: 'Chưa dùng khóa đăng nhập. Nhập mã xác thực 6 số, rồi ký và gửi lại',
  en: 'The passkey was not used. Enter the 6-digit code, then sign and send again',
};

/** Show again who one is; the code is good for five minutes. */
async function giveCode(): Promise<boolean> {
  const digits = code.value.replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) {
    say('3', word({ vi: 'Nhập mã xác thực 6 số', en: 'Enter the 6-digit code' }), code);
    return false;
  }
  await stepUpByCode(code);
  needsCode = false;
  showConfirmation();
  return true;
}

async function signAndSend(): Promise<void> {
  if (!paper) return;
  say('3', '');
  try {
    await sign(paper);
  } catch (wrong) {
    say('3', reasonOf(wrong), needsCode && !byPasskey ? code : undefined);
  }
}

function reasonOf(wrong: unknown): string {
  if (wrong instanceof Refusal || wrong instanceof NotSigned) return wrong.message;
  if (wrong instanceof NotDrawn) {
    return word({
      vi: 'Máy này không mở được tờ phiếu để xem, nên chưa ký được. Nháp vẫn được giữ; hãy tải lại trang và thử lần nữa, hoặc dùng thiết bị khác.',
      en: 'This device cannot show the paper, so it cannot be signed here yet. The draft is kept; load the page again and try once more, or use another device.',
    });
  }
  if (wrong instanceof WillNotSign) {
    return word({
      vi: 'Tờ phiếu nhận được không khớp với những gì đang hiện, nên máy này không ký. Nháp vẫn được giữ; hãy quay lại và thử lần nữa, hoặc báo Văn phòng Chính phủ.',
      en: 'The paper does not match what is shown, so this device does not sign it. The draft is kept; go back and try again, or tell the Government Office.',
    });
  }
  throw wrong;
}

// ---- three days before the end: can this device still sign? ----

async function askDevice(): Promise<void> {
  const strip = document.querySelector<HTMLElement>('[data-device]');
  if (!strip) return;
  const found = await tryHere(person).catch((wrong: unknown) => {
    if (wrong instanceof Refusal) return { canSign: false, said: wrong.message };
    throw wrong;
  });
  for (const each of strip.querySelectorAll<HTMLElement>('[data-device-mark]')) {
    each.hidden = each.dataset.deviceMark !== (found.canSign ? 'yes' : 'no');
  }
  const said = strip.querySelector('[data-device-said]');
  if (said) said.textContent = found.said;
  strip.hidden = false;
}

// ---- assembly ----

void askDevice();
restore();
tellOptional();
offerProposals(form, opinion, person, consultation);
form.addEventListener('input', () => {
  saved();
  tellOptional();
});
form.addEventListener('submit', (event) => event.preventDefault());
document.querySelector('[data-check]')?.addEventListener('click', () => void check());
for (const each of all('[data-back-to-form]')) {
  each.addEventListener('click', (event) => {
    event.preventDefault();
    turn += 1;
    go('2');
  });
}
one('[data-sign]').addEventListener('submit', (event) => {
  event.preventDefault();
  void once(signButton, signAndSend);
});
one('[data-send-again]').addEventListener('click', () => dispatchEvent(new Event('ballot:again')));
document.querySelector<HTMLSelectElement>('[data-shown]')?.addEventListener('change', (event) => {
  const select = event.target as HTMLSelectElement;
  const detail = { url: select.value, title: select.selectedOptions[0]?.textContent ?? '' };
  document
    .querySelector('[data-paper-url]')
    ?.dispatchEvent(new CustomEvent('paper:show', { detail }));
});
