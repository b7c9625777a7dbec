// entry
import { once, untilNextPage } from '../busy';
import { show } from '../forms';
import { Refusal, send, sendForm } from '../http';
import { toBase64 } from '../signing/base64';
import { waiting } from '../signing/envelopes';
import {
  beginRenewal,
  csr,
  type DeviceKey,
  deviceKey,
  forgetKey,
  makeKey,
  settleRenewal,
} from '../signing/keys';
import { tryHere } from '../signing/trial';
import { word } from '../words';
import { deviceName } from './browser';
import { canUse, gaveUp, make } from './passkey';

const POLL_MS = 5_000;
const person = Number(document.querySelector<HTMLElement>('[data-person]')?.dataset.person);

interface Mine {
  active: string[];
  keys: { key_id: string; standing: string }[];
}

const reveal = (selector: string, shown = true): void => {
  for (const each of document.querySelectorAll<HTMLElement>(selector)) each.hidden = !shown;
};

// ---- signing keys ----

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-key]')];

const OVER = new Set(['revoked', 'expired']);

/** Mark which key is this device's, and offer to make one where there is none. */
async function showKeys(): Promise<void> {
  if (typeof crypto.subtle === 'undefined' || typeof indexedDB === 'undefined') {
    reveal('[data-no-keys]');
    return;
  }
  const active = rows().filter((each) => each.dataset.standing === 'active');
  await settleRenewal(
    person,
    active.map((each) => each.dataset.key ?? ''),
  );
  let key = await deviceKey(person);
  const row = rows().find((each) => each.dataset.key === key?.keyId);
  // What can never sign again makes room for a new one.
  if (key && OVER.has(row?.dataset.standing ?? '')) {
    await forgetKey(person);
    key = null;
  }
  const here = key && row ? row : null;
  for (const each of here?.querySelectorAll<HTMLElement>('[data-renew]') ?? []) each.hidden = false;
  reveal('[data-trial]', !!here);
  here?.querySelector<HTMLElement>('[data-here]')?.removeAttribute('hidden');
  reveal('[data-enrol]', !here);
  const usable = rows().some((each) => !OVER.has(each.dataset.standing ?? ''));
  reveal('[data-lost]', !here && usable);
}

async function enrol(form: HTMLFormElement): Promise<void> {
  const label = (form.elements.namedItem('label') as HTMLInputElement).value.trim();
  try {
    const key: DeviceKey = await makeKey(person, label);
    const request = toBase64(await csr(key));
    await send('/devices', { body: new URLSearchParams({ csr: request, label }) });
    location.reload();
    await untilNextPage;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    show(form, wrong);
  }
}

/** A new key in this one's place: the old one signs for it, while it still can. */
async function renew(): Promise<void> {
  const say = document.querySelector<HTMLElement>('[data-trial-said]');
  try {
    if ((await waiting(person)).length) {
      if (say) say.textContent = UNSENT;
      return;
    }
    const asked = await beginRenewal(person);
    if (!asked) return;
    const { request, old, signature } = asked;
    const body = { csr: toBase64(request), old, signature: toBase64(signature) };
    await send('/devices/renew', { body: new URLSearchParams(body) });
    location.reload();
    await untilNextPage;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (wrong.code === 'step_up_needed') askForCode(() => void renew());
    else if (say) say.textContent = wrong.message;
  }
}

const UNSENT = word({
  vi: 'Thiết bị này còn một phiếu đã ký đang chờ gửi. Hãy mở phiếu đó tới khi có biên nhận, rồi gia hạn.',
  en: 'A signed ballot still waits here to be sent. Open it until it has its receipt, then renew.',
});

async function tryKey(): Promise<void> {
  const say = document.querySelector<HTMLElement>('[data-trial-said]');
  if (!say) return;
  try {
    say.textContent = (await tryHere(person)).said;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    say.textContent = wrong.message;
  }
}

/** While a key waits for the secretary, look whether they have confirmed it. */
function awaitSecretary(): void {
  if (!rows().some((each) => ['pending', 'waiting'].includes(each.dataset.standing ?? ''))) return;
  const known = JSON.stringify(rows().map((each) => [each.dataset.key, each.dataset.standing]));
  const timer = setInterval(async () => {
    if (document.hidden || document.querySelector('dialog[open]')) return;
    const mine = await send<Mine>('/devices/mine.json').catch(() => null);
    if (!mine) return;
    if (JSON.stringify(mine.keys.map((each) => [each.key_id, each.standing])) === known) return;
    clearInterval(timer);
    location.reload();
  }, POLL_MS);
}

// ---- passkeys ----

async function makePasskey(form: HTMLFormElement): Promise<void> {
  try {
    await make(deviceName());
    location.reload();
    await untilNextPage;
  } catch (wrong) {
    if (wrong instanceof Refusal && wrong.code === 'step_up_needed') {
      askForCode(() => void makePasskey(form));
    } else if (wrong instanceof Refusal) show(form, wrong);
    else if (wrong instanceof DOMException && wrong.name === 'InvalidStateError') {
      show(form, new Refusal(0, 'passkey', ALREADY));
    } else if (!gaveUp(wrong)) throw wrong;
  }
}

const ALREADY = word({
  vi: 'Thiết bị này đã có khóa đăng nhập của Ông/Bà.',
  en: 'This device already holds your passkey.',
});

function askForCode(then: () => void): void {
  const dialog = document.querySelector<HTMLDialogElement>('#step-up');
  dialog?.addEventListener(
    'form:done',
    () => {
      dialog.close();
      then();
    },
    { once: true },
  );
  dialog?.showModal();
}

// ---- the account of one's office ----

async function linkAccount(form: HTMLFormElement): Promise<void> {
  try {
    location.assign(await sendForm(form, null));
    await untilNextPage;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (wrong.code === 'step_up_needed') askForCode(() => void linkAccount(form));
    else show(form, wrong);
  }
}

function start(): void {
  const enrolment = document.querySelector<HTMLFormElement>('[data-enrol]');
  if (enrolment) {
    (enrolment.elements.namedItem('label') as HTMLInputElement).value = deviceName();
    enrolment.addEventListener('submit', (event) => {
      event.preventDefault();
      void once(event.submitter, () => enrol(enrolment));
    });
    void showKeys();
    awaitSecretary();
    for (const each of document.querySelectorAll<HTMLElement>('[data-renew]')) {
      each.addEventListener('click', () => void once(each, renew));
    }
    const trial = document.querySelector<HTMLElement>('[data-try]');
    trial?.addEventListener('click', () => void once(trial, tryKey));
  }
  const making = document.querySelector<HTMLFormElement>('[data-passkey-make]');
  if (making && canUse()) {
    making.hidden = false;
    making.addEventListener('submit', (event) => {
      event.preventDefault();
      void once(event.submitter, () => makePasskey(making));
    });
  }
  const linking = document.querySelector<HTMLFormElement>('[data-outside-link]');
  linking?.addEventListener('submit', (event) => {
    event.preventDefault();
    void once(event.submitter, () => linkAccount(linking));
  });
}

start();
