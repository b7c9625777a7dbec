// What the live page holds: who reads it, the meeting's state, and what is on show.
import { firstShown, type Parts, type State } from './state';

export interface Paper {
  id: number;
  title: string;
  url: string;
  pages: number;
  edition: number;
  digest: string;
  opened: boolean;
}

interface Page {
  meeting: number;
  title: string;
  starts_at: string;
  doors_at: string;
  government: boolean;
  me: {
    person: number;
    seated: boolean;
    conducts: boolean;
    by_order: boolean;
    confirms: boolean;
    assigns: boolean;
    votes: boolean;
  };
  /** The receipt numbers of this reader's own answers, by vote. */
  voted: Record<string, string>;
  papers: Record<string, Paper[]>;
  state: State;
}

export const page: Page = JSON.parse(document.getElementById('page')?.textContent ?? '{}');
export const me = page.me;
export const base = `/meetings/${page.meeting}`;
export const FOLLOW = 'follow-session';

export const room = {
  parts: page.state.parts as Parts,
  follows: localStorage.getItem(FOLLOW) !== 'no',
  /** The item and the paper that this reader looks at. */
  shown: null as number | null,
  paper: null as number | null,
  view: (me.conducts ? 'console' : 'doc') as 'console' | 'doc',
};
room.shown = firstShown(room.parts, me.conducts, (item) =>
  Boolean(page.papers[String(item.id)]?.length),
);

export const place = (name: string): HTMLElement | null =>
  document.querySelector(`[data-live="${name}"]`);
