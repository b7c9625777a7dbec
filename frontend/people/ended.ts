/** Says at once that a login is over, over what is on the page, which goes on as it was once its
 * owner has signed in again in another window. */
import { csrfToken, now } from '../words';

const dialog = document.querySelector<HTMLDialogElement>('#ended');
const others = new BroadcastChannel('login');

const owner = dialog?.dataset.owner;

let ends = Date.parse(dialog?.dataset.ends ?? '');
let over = false;
let left = false;
let asking = false;

/** What the page does when its login ends, and when somebody has signed in again. */
export interface Turn {
  ended(): void;
  again(): void;
}

export const isOver = (): boolean => over;

export function watchEnd(turn: Turn): void {
  const end = () => {
    if (!dialog || over) return;
    over = true;
    turn.ended();
    dialog.showModal();
  };
  // Another page may have stepped up meanwhile: then only this page's question came too late.
  const endUnlessRenewed = async () => {
    if (!dialog || over || asking) return;
    asking = true;
    const goesOn = await signedInAgain();
    asking = false;
    if (goesOn) document.dispatchEvent(new Event('login:again'));
    else end();
  };
  const goOn = async () => {
    if (!over || !(await signedInAgain())) return;
    if (left) {
      // In another office, with other rights: nothing of this page goes on.
      location.reload();
      return;
    }
    over = false;
    dialog?.close();
    turn.again();
    document.dispatchEvent(new Event('login:again'));
  };
  document.addEventListener('login:ended', () => void endUnlessRenewed());
  document.addEventListener('login:left', () => {
    left = true;
    dropPapers();
    tellLeft();
    end();
  });
  document.addEventListener('visibilitychange', () => void goOn());
  others.onmessage = ({ data }) => {
    // Somebody has signed out in another window, or another person in: the server says which.
    if (over || data === owner) void goOn();
    else void endUnlessRenewed();
  };
  dialog?.addEventListener('cancel', (event) => event.preventDefault());
  // A second Escape closes it all the same.
  dialog?.addEventListener('close', () => {
    if (over) dialog.showModal();
  });
  setInterval(() => {
    if (now() >= ends) end();
  }, 1_000);
  others.postMessage(owner);
}

/** Who has left office reads no paper that is still open beneath. */
function dropPapers(): void {
  for (const each of document.querySelectorAll('.paper__pages')) each.replaceChildren();
}

function tellLeft(): void {
  dialog?.setAttribute('aria-labelledby', 'left-title');
  dialog?.querySelector('[data-over]')?.toggleAttribute('hidden', true);
  dialog?.querySelector('[data-left]')?.removeAttribute('hidden');
}

/** The same person goes on with what is here, by the token of their new login; for anybody else
 * this page is gone. */
async function signedInAgain(): Promise<boolean> {
  const answer = await fetch('/', { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const there = page.querySelector<HTMLElement>('#ended')?.dataset;
  if (!there) return false;
  if (there.owner !== dialog?.dataset.owner) {
    location.replace('/');
    return false;
  }
  ends = Date.parse(there.ends ?? '');
  takeToken(page.querySelector<HTMLMetaElement>('meta[name=csrf-token]')?.content ?? '');
  return true;
}

function takeToken(token: string): void {
  const old = csrfToken();
  document.querySelector('meta[name=csrf-token]')?.setAttribute('content', token);
  for (const each of document.querySelectorAll<HTMLInputElement>('input[name=csrf_token]')) {
    if (each.value === old) each.value = token;
  }
}
