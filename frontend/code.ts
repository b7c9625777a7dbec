/** A code is good once: where one was used already, the page waits for the next by itself. */
import { Refusal, send } from './http';
import { word } from './words';

const STEP_SECONDS = 30;

/** For how many seconds the application still shows a code that was used; 0 for other refusals. */
export function secondsToNext(wrong: unknown): number {
  if (!(wrong instanceof Refusal) || wrong.reason !== 'code_used') return 0;
  return Number(wrong.body.wait_seconds) || STEP_SECONDS;
}

/** The field, or, where its page was painted anew, the one that stands in its place. */
function standing(field: HTMLInputElement): HTMLInputElement {
  if (field.isConnected || !field.id) return field;
  return (document.getElementById(field.id) as HTMLInputElement | null) ?? field;
}

const digitsOf = (field: HTMLInputElement): string => field.value.replace(/\s/g, '');

function words(left: number): string {
  if (left > 0) {
    return word({
      vi: `Mã này vừa được dùng. Sau ${left} giây ứng dụng hiện mã mới; nhập mã đó, trang tự làm tiếp.`,
      en: `This code was just used. In ${left} seconds your app shows a new one; enter it, and the page goes on by itself.`,
    });
  }
  return word({
    vi: 'Ứng dụng đã hiện mã mới. Nhập mã đó, trang tự làm tiếp.',
    en: 'Your app shows a new code. Enter it, and the page goes on by itself.',
  });
}

/** Count down beside the field, and come back once another code stands in it. */
export function nextCode(field: HTMLInputElement, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1_000;
  const note = document.createElement('span');
  note.className = 'field__h';
  note.dataset.nextCode = '';
  const tick = (): void => {
    note.textContent = words(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
    if (!note.isConnected) standing(field).after(note);
  };
  field.value = '';
  tick();
  // Said once: a countdown that is read out each second would be noise.
  note.setAttribute('role', 'status');
  field.focus();
  const ticking = setInterval(tick, 1_000);
  return new Promise((resolve) => {
    const take = (event: Event): void => {
      const now = standing(field);
      if (event.target !== now || !/^\d{6}$/.test(digitsOf(now))) return;
      removeEventListener('input', take);
      clearInterval(ticking);
      note.remove();
      resolve();
    };
    addEventListener('input', take);
  });
}

/** Show again who one is; good for five minutes. */
export async function stepUpByCode(field: HTMLInputElement): Promise<void> {
  for (;;) {
    const now = standing(field);
    try {
      await send('/step-up', { body: new URLSearchParams({ code: digitsOf(now) }) });
      now.value = '';
      return;
    } catch (wrong) {
      const seconds = secondsToNext(wrong);
      if (!seconds) throw wrong;
      await nextCode(now, seconds);
    }
  }
}
