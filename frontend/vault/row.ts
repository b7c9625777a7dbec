/** One paper's row: how it stands in the vault, in words and shape. */

export type State = 'none' | 'loading' | 'ready' | 'failed' | 'online';

export function show(
  row: HTMLElement,
  state: State,
  said: { share?: number; until?: string } = {},
) {
  row.dataset.state = state;
  for (const each of row.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== state;
  }
  const fill = (where: string, text: string) => row.querySelector(where)?.replaceChildren(text);
  if (said.share !== undefined) fill('[data-share]', String(Math.floor(said.share * 100)));
  if (said.until) fill('[data-until]', said.until);
}
