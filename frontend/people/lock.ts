// entry
/** Locks a page that nobody is at, over what is on it, and opens it again as it was. */
import { once } from '../busy';
import { show } from '../forms';
import { Refusal, send } from '../http';
import { word } from '../words';
import { isOver, watchEnd } from './ended';
import { canUse, gaveUp, stepUp } from './passkey';

const TOLD_EACH = 30_000;
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'input'];

const dialog = document.querySelector<HTMLDialogElement>('#lock');
const soon = document.querySelector<HTMLElement>('#lock-soon');
const form = dialog?.querySelector('form');
const after = Number(dialog?.dataset.after) * 1_000;
const warned = Number(dialog?.dataset.warn) * 1_000;
// A display in the hall is watched, not touched.
const watched = document.body.dataset.watched !== undefined;
const others = new BroadcastChannel('presence');

let seen = Date.now();
let told = Number(sessionStorage.getItem('told') ?? 0);
let locked = false;
/** What the cover is over: a page that nobody was at, or administration. */
let over: 'idle' | 'administration' = 'idle';

function live(): void {
  if (!locked) seen = Date.now();
}

function cover(what: typeof over = 'idle'): void {
  if (!dialog || locked || isOver()) return;
  locked = true;
  over = what;
  for (const each of dialog.querySelectorAll<HTMLElement>('[data-lock]')) {
    each.hidden = each.dataset.lock !== what;
  }
  if (soon) soon.hidden = true;
  const button = dialog.querySelector<HTMLElement>('[data-lock-passkey]');
  if (button) button.hidden = !canUse();
  dialog.showModal();
}

function uncover(): void {
  locked = false;
  seen = told = Date.now();
  form?.reset();
  // A page that was asked for while it was locked has nothing below.
  if (dialog?.dataset.now !== undefined) location.reload();
  else dialog?.close();
}

async function lock(): Promise<void> {
  cover();
  await send('/lock', { method: 'POST' }).catch(() => {});
}

async function tellPresence(): Promise<void> {
  told = Date.now();
  sessionStorage.setItem('told', String(told));
  others.postMessage('seen');
  await send('/awake', { method: 'POST' }).catch(() => {});
}

function watch(): void {
  if (locked || isOver()) return;
  if (watched) live();
  const idle = Date.now() - seen;
  if (soon) soon.hidden = idle < after - warned;
  if (idle >= after) void lock();
  else if (seen > told && Date.now() - told >= TOLD_EACH) void tellPresence();
}

type Opened = { administration: boolean };

async function byPasskey(): Promise<void> {
  if (!form) return;
  try {
    const options = await send<PublicKeyCredentialRequestOptionsJSON>('/unlock/passkey/options', {
      method: 'POST',
    });
    const answer = await stepUp(options);
    const { administration } = await send<Opened>('/unlock/passkey', { body: { answer } });
    if (over === 'idle' || administration) opened();
    else show(form, new Refusal(0, 'passkey', COPIED));
  } catch (wrong) {
    if (wrong instanceof Refusal) show(form, wrong);
    else if (gaveUp(wrong)) show(form, new Refusal(0, 'passkey', NOT_USED));
    else throw wrong;
  }
}

const COPIED = word({
  vi: 'Khóa này được sao chép sang thiết bị khác, nên chưa mở được trang quản trị. Hãy dùng khóa bảo mật, hoặc khóa nằm trong một thiết bị.',
  en: 'This passkey is copied to other devices, so administration stays shut. Use a security key, or a passkey that stays in one device.',
});

const NOT_USED = word({
  vi: 'Chưa dùng được khóa của thiết bị này. Hãy thử lại, hoặc nhập mã 6 số.',
  en: "This device's passkey was not used. Try again, or enter your code.",
});

function opened(): void {
  others.postMessage('opened');
  uncover();
}

if (dialog && form) {
  for (const each of SIGNS_OF_LIFE) {
    addEventListener(each, live, { capture: true, passive: true });
  }
  others.onmessage = ({ data }) => {
    if (data === 'seen') live();
    else if (data === 'opened' && locked) uncover();
  };
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  // A second Escape closes it all the same.
  dialog.addEventListener('close', () => {
    if (locked) dialog.showModal();
  });
  form.addEventListener('form:done', opened);
  const touched = form.querySelector('[data-unlock-passkey]');
  touched?.addEventListener('click', () => void once(touched, byPasskey));
  soon?.querySelector('button')?.addEventListener('click', () => void tellPresence());
  document.addEventListener('login:locked', () => cover());
  document.addEventListener('login:shut', () => cover('administration'));
  if (dialog.dataset.now !== undefined) cover(dialog.dataset.now as typeof over);
  setInterval(watch, 1_000);
  watchEnd({
    ended: () => {
      locked = false;
      dialog.close();
    },
    again: () => {
      seen = told = Date.now();
    },
  });
}
