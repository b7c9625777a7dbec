// entry
/** Every page: the vault hears of the server while there is a line, and goes with its login. */
import { sendWaiting } from './notes';
import { ask, empty, isSigned, meet, tellLeft } from './vault';

const EACH = 10 * 60_000;

const owner = Number(document.querySelector<HTMLElement>('#ended')?.dataset.owner) || undefined;
// The vault's own pages name nobody; they ask for themselves.
const isShell = document.body.dataset.vault !== undefined;

/** What cannot be asked now is asked at the next page, or when the line is back. */
async function contact(atMostEach: number): Promise<void> {
  await tellLeft().catch(() => {});
  if (!isSigned() || isShell) return;
  await (owner ? meet(owner, atMostEach) : ask()).catch(() => {});
  if (owner) await sendWaiting(owner);
}

document.addEventListener(
  'submit',
  (event) => {
    const form = event.target as HTMLFormElement;
    if (form.getAttribute('action') !== '/sign-out' || !isSigned()) return;
    event.preventDefault();
    // What was written and is not sent would go with the vault.
    void sendWaiting(owner ?? 0)
      .catch(() => {})
      .then(empty)
      .finally(() => form.requestSubmit(event.submitter));
  },
  true,
);
document.addEventListener('login:ended', () => {
  if (isSigned()) void ask().catch(() => {});
});
// There is no background sync on iPadOS: whatever says that the line may be back is taken.
addEventListener('online', () => void contact(0));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void contact(EACH);
});
void contact(EACH);
