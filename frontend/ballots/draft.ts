/** What a member has entered and not signed: kept on this device alone, per account and question. */
import { clockOf, now, word } from '../words';

interface Kept {
  /** When it was last written, by the server's clock, in milliseconds. */
  at: number;
}

/** The draft of what this person writes of a kind on a question; keeping it says so on the page. */
export function draftOf<T extends object>(kind: string, person: number, consultation: number) {
  const name = `${kind}:${person}:${consultation}`;
  return {
    kept(): (T & Kept) | null {
      try {
        return JSON.parse(localStorage.getItem(name) ?? 'null');
      } catch {
        return null;
      }
    },
    keep(entered: T): void {
      localStorage.setItem(name, JSON.stringify({ ...entered, at: now() }));
      const time = clockOf(now());
      const said = document.querySelector('[data-saved]');
      if (said) {
        said.textContent = word({
          vi: `Nháp lưu trên máy ${time}, chưa gửi`,
          en: `Draft kept on this device at ${time}, not sent`,
        });
      }
    },
    drop(): void {
      localStorage.removeItem(name);
    },
  };
}

/** The text as it will be signed: one form of each letter, nothing that does not print. */
export function tidy(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\S\n]/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu, (sign) =>
      sign === '\n' ? sign : '',
    )
    .trim();
}
