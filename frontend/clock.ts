import { clockOf, now, pad, word } from './words';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOLD_AT = [60, 30, 10];

/** What is left, in the words of the look. */
export function left(milliseconds: number): string {
  if (milliseconds <= 0) return word({ vi: 'đã hết hạn, đang kiểm', en: 'ended, being counted' });
  if (milliseconds >= DAY) {
    const days = Math.floor(milliseconds / DAY);
    const hours = Math.floor((milliseconds % DAY) / HOUR);
    const more = hours ? word({ vi: ` ${hours}\u00a0giờ`, en: ` ${hours} h` }) : '';
    return word({ vi: `còn ${days}\u00a0ngày${more}`, en: `${days} days${more} left` });
  }
  if (milliseconds >= HOUR) {
    const hours = Math.floor(milliseconds / HOUR);
    const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
    return word({
      vi: `còn ${hours}\u00a0giờ ${minutes}\u00a0phút`,
      en: `${hours} h ${minutes} min left`,
    });
  }
  const seconds = Math.ceil(milliseconds / 1000);
  const shown = `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
  return word({ vi: `còn ${shown}`, en: `${shown} left` });
}

function tick(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-count-to]')) {
    const rest = Date.parse(each.dataset.countTo ?? '') - now();
    if (Number.isNaN(rest)) continue;
    const text = left(rest);
    if (each.textContent === text) continue;
    // Before the text: only a change in a region that is live already is read out.
    const told = rest <= 0 || TOLD_AT.includes(Math.ceil(rest / 1000));
    each.setAttribute('aria-live', told ? 'polite' : 'off');
    each.textContent = text;
  }
  for (const each of document.querySelectorAll<HTMLElement>('[data-clock]')) {
    const text = clockOf(now());
    if (each.textContent !== text) each.textContent = text;
  }
}

export function startClocks(): void {
  tick();
  setInterval(tick, 1000);
}
