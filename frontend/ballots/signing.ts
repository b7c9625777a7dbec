/** The paper that a member checks, signs and sends until its receipt verifies, whatever it says. */
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
  type Shown,
  type SignatureClass,
  type Signer,
} from '../signing/signer';
import { now, word } from '../words';
import { isFinal, isUnconfirmed, placeOf, sendUntilKept } from './sending';
import { draw, NotDrawn } from './shown';

export type Step = '2' | '3' | '4' | 'no-key';

interface Paper extends PaperToSign {
  signer: Signer;
  /** What the screen shows, and so what alone may be signed. */
  shown: Shown;
  /** What this device has signed of it, until it is refused for good. */
  signed?: Envelope;
}

const desk = document.getElementById('ballot') as HTMLElement;
const code = document.getElementById('code') as HTMLInputElement;
const signButton = document.querySelector('[data-sign-button]') as HTMLButtonElement;
export const person = Number(desk.dataset.person);
export const consultation = Number(desk.dataset.consultation);
const hasPasskey = desk.dataset.passkey === 'yes' && canUse();
let byPasskey = hasPasskey;
let needsCode = desk.dataset.stepUp !== 'yes';
// Which press of the check it is: what an earlier one is still about is shown to nobody.
let turn = 0;
// The paper that is shown, which alone is signed.
let ready: Paper | null = null;

export const one = (where: string): HTMLElement =>
  desk.querySelector<HTMLElement>(where) as HTMLElement;
export const all = (where: string): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>(where),
];

// ---- steps ----

export function go(step: Step): void {
  for (const each of all('[data-step]')) each.hidden = each.dataset.step !== step;
  for (const each of all('[data-foot]')) each.hidden = each.dataset.foot !== step;
  const number = step === 'no-key' ? '3' : step;
  for (const each of all('[data-step-number]')) each.textContent = number;
  for (const each of all('[data-step-bar]')) {
    each.classList.toggle('on', Number(each.dataset.stepBar) <= Number(number));
  }
  desk.querySelector<HTMLElement>(`[data-step="${step}"] [data-step-title]`)?.focus();
}

/** Say what was wrong above the step; nothing that was entered is lost. */
export function say(step: Step, message: string, field?: HTMLElement): void {
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

// ---- check ----

/** The key that the member has chosen to sign by; without a choice, this device's. */
async function chosenSigner(): Promise<Signer | null> {
  const key = desk.querySelector<HTMLInputElement>('input[name=signer]:checked');
  if (!key?.value) return deviceSigner(person);
  const { label = '', class: named = '' } = key.dataset;
  const about = { keyId: key.value, label, signatureClass: named as SignatureClass };
  return outsideSigner(about, desk.dataset.plugin ?? '', {
    begin: ({ pending }) =>
      send(`/consultations/${consultation}/outside-signing`, { body: { pending } }),
    signed: ({ pending }) => send(`/consultations/${consultation}/outside-signing/${pending}`),
  });
}

/** Have a paper made ready and show it, once it says what the screen shows. */
export async function check(
  at: string,
  body: Record<string, unknown>,
  shown: (statement: string) => Shown,
): Promise<void> {
  const signer = await chosenSigner();
  if (!signer) {
    go('no-key');
    return;
  }
  turn += 1;
  const own = turn;
  try {
    const made = await send<{ pending: string; pdf: string; attrs: string; statement: string }>(
      at,
      { body: { ...body, key_id: signer.keyId } },
    );
    if (own !== turn) return;
    const paper: Paper = {
      signer,
      consultation,
      pending: made.pending,
      pdf: fromBase64(made.pdf),
      attributes: fromBase64(made.attrs),
      shown: shown(made.statement),
    };
    ready = paper;
    await show(paper, own);
  } catch (refused) {
    if (own !== turn) return;
    go('2');
    say('2', reasonOf(refused));
  }
}

/** Whatever is still being made ready or drawn is shown to nobody. */
export function back(): void {
  turn += 1;
  go('2');
}

async function show(paper: Paper, own: number): Promise<void> {
  one('[data-key-label]').textContent = paper.signer.label;
  for (const each of all('[data-signer-class]')) {
    each.hidden = each.dataset.signerClass !== paper.signer.signatureClass;
  }
  // Its mark is only there once the client has signed; the receipt says it.
  one('[data-mark-shown]').hidden = paper.signer.signatureClass !== 'device';
  one('[data-mark]').textContent = await paper.signer.check(paper, paper.shown);
  byPasskey = hasPasskey;
  showConfirmation();
  say('3', '');
  // Nobody signs a paper that they have not been shown.
  signButton.disabled = true;
  const place = one('[data-ballot-pdf]');
  place.replaceChildren();
  go('3');
  const pages = await draw(paper.pdf, place, desk.dataset.worker ?? '');
  if (own !== turn) return;
  place.replaceChildren(...pages);
  signButton.disabled = false;
}

// ---- sign and send ----

// Longer without a receipt, and the screen says that nothing is confirmed yet.
const SAID_WITHIN = 1_500;

async function signAndSend(kind: Envelope['kind'], kept: () => void): Promise<void> {
  if (!ready) return;
  say('3', '');
  try {
    await sign(ready, kind, kept);
  } catch (wrong) {
    say('3', reasonOf(wrong), needsCode && !byPasskey ? code : undefined);
  }
}

async function sign(paper: Paper, kind: Envelope['kind'], kept: () => void): Promise<void> {
  // A code is asked for before anything is signed; a passkey binds itself to what was signed.
  if (!paper.signer.confirmsFirst && byPasskey) paper.signed ??= await signed(paper, kind);
  const confirmed = await confirmation(paper);
  if (!confirmed) return;
  // Signed once: whatever is sent again of this paper is the same act under the same key.
  paper.signed ??= await signed(paper, kind);
  const envelope = { ...paper.signed, ...confirmed };
  // Kept before it is sent: what was signed here is never lost with the line.
  await keep(envelope);
  await deliver(paper, envelope, kept);
}

async function signed(paper: Paper, kind: Envelope['kind']): Promise<Envelope> {
  const signature = await paper.signer.sign(paper, paper.shown);
  return {
    key: toHex(crypto.getRandomValues(new Uint8Array(16))),
    person,
    consultation,
    ...(kind ? { kind } : {}),
    pending: paper.pending,
    signature: toBase64(signature),
    at: now(),
  };
}

async function deliver(paper: Paper, envelope: Envelope, kept: () => void): Promise<void> {
  const late = setTimeout(() => go('4'), SAID_WITHIN);
  try {
    await sendUntilKept(envelope, paper.shown.statement, () => go('4'));
    kept();
    location.assign(placeOf(envelope).receipt);
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (isFinal(wrong)) paper.signed = undefined;
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
async function confirmation(paper: Paper): Promise<Confirmed | null> {
  if (byPasskey) return askPasskey(paper);
  return !needsCode || (await giveCode()) ? {} : null;
}

/** The passkey's word for this very paper; without one, the code is asked for instead. */
async function askPasskey(paper: Paper): Promise<Confirmed | null> {
  const body = { pending: paper.pending };
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

function reasonOf(wrong: unknown): string {
  if (wrong instanceof Refusal || wrong instanceof NotSigned) return wrong.message;
  if (wrong instanceof NotDrawn) {
    return word({
      vi: 'Máy này không mở được tờ phiếu để xem, nên chưa ký được. Chưa có gì được gửi; hãy tải lại trang và thử lần nữa, hoặc dùng thiết bị khác.',
      en: 'This device cannot show the paper, so it cannot be signed here yet. Nothing was sent; load the page again and try once more, or use another device.',
    });
  }
  if (wrong instanceof WillNotSign) {
    return word({
      vi: 'Tờ phiếu nhận được không khớp với những gì đang hiện, nên máy này không ký. Chưa có gì được gửi; hãy quay lại và thử lần nữa, hoặc báo Văn phòng Chính phủ.',
      en: 'The paper does not match what is shown, so this device does not sign it. Nothing was sent; go back and try again, or tell the Government Office.',
    });
  }
  throw wrong;
}

// ---- assembly ----

/** Let the buttons of these steps do what they say: what is signed is of this kind, and `kept` is
 * told once its receipt has verified. */
export function wire(kind: Envelope['kind'], kept: () => void): void {
  for (const each of all('[data-back-to-form]')) {
    each.addEventListener('click', (event) => {
      event.preventDefault();
      back();
    });
  }
  one('[data-sign]').addEventListener('submit', (event) => {
    event.preventDefault();
    void once(signButton, () => signAndSend(kind, kept));
  });
  one('[data-send-again]').addEventListener('click', () =>
    dispatchEvent(new Event('ballot:again')),
  );
}
