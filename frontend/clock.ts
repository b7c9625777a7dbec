import { now, pad, word } from './words';

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
    const more = hours ? word({ vi: ` ${hours} giờ`, en: ` ${hours} h` }) : '';
    return word({ vi: `còn ${days} ngày${more}`, en: `${days} days${more} left` });
  }
  if (milliseconds >= HOUR) {
    const hours = Math.floor(milliseconds / HOUR);
    const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
    return word({ vi: `còn ${hours} giờ ${minutes} phút`, en: `${hours} h ${minutes} min left` });
  }
  const seconds = Math.ceil(milliseconds / 1000);
  const shown = `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
  return word({ vi: `còn ${shown}`, en: `${shown} left` });
}

function tick(): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-count-to]')) {
    const rest = Date.parse(each.dataset.countTo ?? '') - now();
    const text = left(rest);
    if (each.textContent !== text) each.textContent = text;
    const seconds = Math.ceil(rest / 1000);
    if (TOLD_AT.includes(seconds)) each.setAttribute('aria-live', 'polite');
    else each.setAttribute('aria-live', 'off');
  }
  for (const each of document.querySelectorAll<HTMLElement>('[data-clock]')) {
    const zone = { hour: '2-digit', minute: '2-digit', timeZone: each.dataset.clock } as const;
    const text = new Date(now()).toLocaleTimeString('vi-VN', zone);
    if (each.textContent !== text) each.textContent = text;
  }
}

export function startClocks(): void {
  tick();
  setInterval(tick, 1000);
}
