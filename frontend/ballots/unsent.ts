// entry
// Whatever was signed here and has no receipt yet is sent again, by itself.
import { type Envelope, waiting } from '../signing/envelopes';
import { sendUntilKept } from './sending';

const page = document.querySelector<HTMLElement>('[data-ballots]');

async function resend(envelopes: Envelope[], strip: HTMLElement): Promise<void> {
  strip.hidden = false;
  for (const each of envelopes) {
    await sendUntilKept(each, undefined, () => {});
  }
  location.reload();
}

async function start(): Promise<void> {
  const strip = document.querySelector<HTMLElement>('[data-unsent]');
  const envelopes = await waiting(Number(page?.dataset.person));
  if (strip && envelopes.length) await resend(envelopes, strip).catch(() => {});
}

if (page) void start();
