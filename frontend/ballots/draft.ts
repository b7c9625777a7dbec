/** What a member has entered and not signed: kept on this device alone, per account and question. */
export interface Draft {
  choice: string;
  opinion: string;
  at: number;
}

const name = (person: number, consultation: number): string => `ballot:${person}:${consultation}`;

export function keptDraft(person: number, consultation: number): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(name(person, consultation)) ?? 'null');
  } catch {
    return null;
  }
}

export function keepDraft(person: number, consultation: number, draft: Draft): void {
  localStorage.setItem(name(person, consultation), JSON.stringify(draft));
}

export function dropDraft(person: number, consultation: number): void {
  localStorage.removeItem(name(person, consultation));
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
