// entry
// Checks a receipt on this device, whichever it is, before the page calls the ballot received.
import './receipt.css';
import { done } from '../signing/envelopes';
import { verifyReceipt } from '../signing/receipt';

const page = document.querySelector<HTMLElement>('[data-receipt]') as HTMLElement;
const text = (where: string): string => page.querySelector(where)?.textContent ?? '';

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

void check();
