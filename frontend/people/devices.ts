// entry
import { once, untilNextPage } from '../busy';
import { show } from '../forms';
import { Refusal, send, sendForm } from '../http';
import { toBase64 } from '../signing/base64';
import { csr, type DeviceKey, deviceKey, forgetKey, makeKey } from '../signing/keys';
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

/** Mark which key is this device's, and offer to make one where there is none. */
async function showKeys(): Promise<void> {
  if (typeof crypto.subtle === 'undefined' || typeof indexedDB === 'undefined') {
    reveal('[data-no-keys]');
    return;
  }
  let key = await deviceKey(person);
  const row = rows().find((each) => each.dataset.key === key?.keyId);
  if (key && row?.dataset.standing === 'revoked') {
    await forgetKey(person);
    key = null;
  }
  const here = key && row ? row : null;
  here?.querySelector<HTMLElement>('[data-here]')?.removeAttribute('hidden');
  reveal('[data-enrol]', !here);
  const usable = rows().some((each) => each.dataset.standing !== 'revoked');
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
