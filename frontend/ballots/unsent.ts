// entry
// Whatever was signed here and has no receipt yet is sent again by itself, from any page.
import { stepUpByCode } from '../code';
import { Refusal, send } from '../http';
import { canUse, stepUp } from '../people/passkey';
import { type Envelope, keep, waiting } from '../signing/envelopes';
import { isFinal, isUnconfirmed, placeOf, sendUntilKept } from './sending';

type State = 'sending' | 'confirm' | 'held' | 'refused' | 'kept';

const place = document.querySelector('[data-unsent]') as HTMLElement;
const form = place.querySelector('form') as HTMLFormElement;
const code = form.elements.namedItem('code') as HTMLInputElement;

function tell(state: State, said = ''): void {
  place.hidden = false;
  for (const each of place.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== state;
    for (const words of each.querySelectorAll('[data-said]')) words.textContent = said;
  }
}

/** Send until it is received or refused for good; whatever it needs meanwhile is asked for. */
async function settle(envelope: Envelope): Promise<void> {
  tell('sending');
  try {
    await sendUntilKept(envelope, undefined, () => {});
    received(envelope);
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (isUnconfirmed(wrong)) await settle(await confirmedAnew(envelope));
    else if (isFinal(wrong)) refused(envelope, wrong);
    else await settle(await heldBack(envelope, wrong));
  }
}

function received(envelope: Envelope): void {
  const path = placeOf(envelope).receipt;
  place.querySelector('[data-receipt-of]')?.setAttribute('href', path);
  tell('kept');
  // The form of this very question knows nothing of the ballot: its receipt takes its place.
  const open = document.getElementById('ballot')?.dataset.consultation;
  if (open === String(envelope.consultation)) location.assign(path);
}

function refused(envelope: Envelope, wrong: Refusal): void {
  const path = `/consultations/${envelope.consultation}`;
  place.querySelector('[data-consultation]')?.setAttribute('href', path);
  tell('refused', wrong.message);
}

/** Not refused for good, and no use in trying by itself: until its member says again. */
function heldBack(envelope: Envelope, wrong: Refusal): Promise<Envelope> {
  tell('held', wrong.message);
  return new Promise((resolve) => {
    const again = place.querySelector('[data-again]');
    again?.addEventListener('click', () => resolve(envelope), { once: true });
  });
}

/** The same signed paper, once its member has shown again that they mean it. */
function confirmedAnew(envelope: Envelope): Promise<Envelope> {
  let byPasskey = envelope.assertion !== undefined && canUse();
  const ask = (said = '') => {
    for (const each of form.querySelectorAll<HTMLElement>('[data-by-code]')) {
      each.hidden = byPasskey;
    }
    tell('confirm', said);
  };
  ask();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        const assertion = byPasskey ? await askPasskey(envelope) : await giveCode();
        const confirmed = { ...envelope, assertion };
        await keep(confirmed);
        resolve(confirmed);
      } catch (wrong) {
        // Given up, or not to be had here: the code remains (AUTH-06).
        byPasskey = false;
        ask(wrong instanceof Refusal ? wrong.message : '');
        code.focus();
      }
    };
  });
}

const askPasskey = async ({ consultation, pending }: Envelope): Promise<unknown> =>
  stepUp(await send(`/consultations/${consultation}/step-up`, { body: { pending } }));

async function giveCode(): Promise<undefined> {
  await stepUpByCode(code);
}

async function start(): Promise<void> {
  for (const each of await waiting(Number(place.dataset.person))) await settle(each);
}

void start();
