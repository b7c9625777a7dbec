// An open paper listens: when its file is removed as an emergency, its page goes dark at once; when
// there is a newer edition, it says so and swaps nothing.

import { send } from '../http';
import { Live } from '../live';
import { over } from '../over';
import type { Place } from '../sequence';
import type { PaperPane } from './pane';

interface Line extends Place {
  audience: string;
  removed: number[];
  newest: number;
}

/** `more` goes dark with the paper: what the reader has written on it, its small pages. */
type Heard = { more(): void; newer(number: number): void };

/** Whether there is a line to listen by. */
export async function listen(pane: PaperPane, { more, newer }: Heard): Promise<boolean> {
  const { paper } = pane;
  const url = `/papers/${paper}/line`;
  let isDark = false;
  const look = (removed: number[]) => {
    if (isDark || !removed.includes(pane.edition)) return;
    isDark = true;
    pane.darken();
    more();
  };
  const level = ({ removed, newest }: Line) => {
    look(removed);
    newer(newest);
  };
  // Without a line the server is asked again at the next range, and refuses it.
  const state = await send<Line>(url).catch(() => null);
  if (!state) return false;
  level(state);
  new Live<Line>({
    enter: 'paper:enter',
    id: paper,
    url,
    state,
    apply: ({ kind, facts }) => {
      if (kind === 'edition_added') newer(facts.number as number);
      else if (kind === 'consultation_changed') over(facts.state as string);
      else look(facts.editions as number[]);
    },
    replace: level,
  });
  return true;
}
