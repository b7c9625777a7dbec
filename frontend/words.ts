/** A sentence in the page's language. */
export const word = (words: { vi: string; en: string }): string =>
  document.documentElement.lang === 'en' ? words.en : words.vi;

/** Two figures, so that a countdown keeps its width. */
export const pad = (value: number): string => String(value).padStart(2, '0');

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

export const csrfToken = (): string => meta('csrf-token');

let serverNow = Date.parse(meta('server-now') || new Date().toISOString());
let steady = performance.now();
let wall = Date.now();

/** The server's time, as it has just said it. */
export function setNow(iso: string): void {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  serverNow = at;
  steady = performance.now();
  wall = Date.now();
}

/** The server's time in milliseconds; this device's clock may be anything.
 *  The steady clock stands still while a tablet sleeps, so the longer of the two counts. */
export const now = (): number =>
  serverNow + Math.max(performance.now() - steady, Date.now() - wall);

/** Where the cabinet sits: its hour and its day are told everywhere, whatever a device's own are. */
const ZONE = 'Asia/Ho_Chi_Minh';

type Moment = string | number | Date;

export const clockOf = (at: Moment): string =>
  new Date(at).toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit', timeZone: ZONE });

/** The time, and the day where that is not today. */
export function shortly(at: Moment): string {
  const day = dayOf(at);
  return day === dayOf(now()) ? clockOf(at) : `${day.slice(0, 5)} ${clockOf(at)}`;
}

export const dayOf = (at: Moment): string =>
  new Date(at).toLocaleDateString('vi-VN', {
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    timeZone: ZONE,
  });
