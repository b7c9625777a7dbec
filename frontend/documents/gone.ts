// An open paper listens: when its file is removed as an emergency, its page goes dark at once.
import { send } from '../http';
import { Live } from '../live';
import type { Place } from '../sequence';
import type { PaperPane } from './pane';

interface Line extends Place {
  audience: string;
  removed: number[];
}

/** `more` goes dark with it: what the reader has written on it, its small pages. */
export async function watchGone(pane: PaperPane, more = () => {}): Promise<void> {
  const { paper } = pane;
  const url = `/papers/${paper}/line`;
  let isDark = false;
  const look = (removed: number[]) => {
    if (isDark || !removed.includes(pane.edition)) return;
    isDark = true;
    pane.darken();
    more();
  };
  // Without a line the server is asked again at the next range, and refuses it.
  const state = await send<Line>(url).catch(() => null);
  if (!state) return;
  look(state.removed);
  new Live<Line>({
    enter: 'paper:enter',
    id: paper,
    url,
    state,
    apply: (told) => look(told.facts.editions as number[]),
    replace: (now) => look(now.removed),
  });
}
