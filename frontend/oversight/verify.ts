// entry
// Checks a receipt that somebody gives this page: here, and nothing of it leaves the device.
import './verify.css';
import { fromBase64 } from '../signing/base64';
import { receiptFaultBy } from '../signing/receipt';

interface Given {
  proof: string;
  envelope: string;
}

const form = document.querySelector<HTMLFormElement>('[data-check-receipt]') as HTMLFormElement;
const text = form.querySelector('textarea') as HTMLTextAreaElement;
const file = form.querySelector<HTMLInputElement>('input[type="file"]') as HTMLInputElement;
const logKey = form.querySelector<HTMLTextAreaElement>('[data-key]') as HTMLTextAreaElement;
const LARGEST = 1_000_000;
// More than a QR code holds.
const LONGEST_LINK = 8_000;

/** The receipt in whatever was pasted: the page's own three parts, or what a program was given. */
function read(given: string): Given | null {
  const lines = given.replaceAll('\r', '').split('\n');
  const first = lines.findIndex((line) => line.startsWith('c2sp.org/tlog-proof@'));
  const last = lines.findLastIndex((line) => line.startsWith('\u2014 '));
  const envelope = lines.find((line) => line.startsWith('{'));
  if (first >= 0 && last > first && envelope) {
    return { proof: `${lines.slice(first, last + 1).join('\n')}\n`, envelope };
  }
  try {
    const { receipt, envelope } = JSON.parse(given);
    return typeof receipt === 'string' && typeof envelope === 'string'
      ? { proof: receipt, envelope }
      : null;
  } catch {
    return null;
  }
}

async function outcome(): Promise<string> {
  if (!text.value.trim()) return 'empty';
  const given = read(text.value);
  if (!given) return 'malformed';
  const fault = await receiptFaultBy(logKey.value, given.proof, given.envelope);
  if (!fault) tellOf(given.envelope);
  return fault ?? 'verified';
}

/** What the leaf says of itself: no name, no choice. */
function tellOf(envelope: string): void {
  const leaf = JSON.parse(envelope);
  const mark = String(leaf.byterange_sha256 ?? leaf.scan_sha256 ?? '').slice(0, 16);
  const said: Record<string, string> = {
    kind: leaf.type === 'ballot_on_paper' ? (form.dataset.onPaper ?? '') : '',
    position: String(leaf.position),
    consultation: String(leaf.consultation ?? '–'),
    fingerprint: mark.match(/.{4}/g)?.join(' ') ?? '–',
  };
  for (const each of form.querySelectorAll<HTMLElement>('[data-said]')) {
    each.textContent = said[each.dataset.said ?? ''] ?? '';
  }
}

function tell(state: string): void {
  for (const each of form.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== state;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void outcome().then(tell);
});

text.addEventListener('input', () => tell(''));
logKey.addEventListener('input', () => tell(''));

file.addEventListener('change', async () => {
  const chosen = file.files?.[0];
  if (!chosen) return;
  if (chosen.size > LARGEST) return tell('malformed');
  text.value = await chosen.text();
  tell(await outcome());
});

/** A receipt in the address itself, behind `#`, as its QR code carries it: the browser keeps that
 * part to itself. */
async function readLink(): Promise<void> {
  // Any other mark in the address is a place on the page.
  if (!location.hash.startsWith('#r=')) return;
  const carried = location.hash.slice(3);
  // Not left in the history of a device that may be another's.
  history.replaceState(null, '', location.pathname + location.search);
  text.value = (await unpacked(carried).catch(() => null)) ?? '';
  tell(text.value ? await outcome() : 'malformed');
}

async function unpacked(carried: string): Promise<string | null> {
  if (carried.length > LONGEST_LINK) return null;
  const packed = fromBase64(carried.replaceAll('-', '+').replaceAll('_', '/'));
  const whole = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(whole).text();
}

form.hidden = false;
addEventListener('hashchange', () => void readLink());
void readLink();
