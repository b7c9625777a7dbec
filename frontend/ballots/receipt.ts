// entry
// Checks a receipt on this device, whichever it is, before the page calls the ballot received.
import './receipt.css';
import { done } from '../signing/envelopes';
import { verifyReceipt } from '../signing/receipt';

const page = document.querySelector<HTMLElement>('[data-receipt]') as HTMLElement;
const text = (where: string): string => page.querySelector(where)?.textContent ?? '';

/** The whole receipt as a file, for the page or the program that verifies it elsewhere. */
function offerFile(): void {
  const parts = ['[data-proof]', '[data-envelope]', '[data-log-key]'].map(text);
  const save = page.querySelector<HTMLAnchorElement>('[data-save]') as HTMLAnchorElement;
  save.href = URL.createObjectURL(new Blob([parts.join('\n')], { type: 'text/plain' }));
  save.hidden = false;
}

function tell(state: 'verified' | 'failed'): void {
  for (const each of page.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== state;
  }
  page.dataset.state = state;
}

async function check(): Promise<void> {
  const holds = await verifyReceipt(
    text('[data-proof]'),
    text('[data-envelope]'),
    text('[data-log-key]'),
  );
  tell(holds ? 'verified' : 'failed');
  if (holds) await done(page.dataset.key ?? '');
}

offerFile();
void check();
