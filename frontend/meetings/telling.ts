// Words for the reader beside the page: read out, or shown until they are put away.
import { word } from '../words';
import { h, shape } from './paint';
import { place } from './room';

export const said = (words: string): void => {
  const status = place('said');
  if (status) status.textContent = words;
};

/** For a vote alone: read out at once, whatever else is being read. */
export const alarm = (words: string): void => {
  const heard = place('alarm');
  if (heard) heard.textContent = words;
};

export function tell(words: string): void {
  let host = document.querySelector('.toasts');
  if (!host) {
    host = h('div', { class: 'toasts' });
    document.querySelector('.app')?.append(host);
  }
  const toast = h(
    'div',
    { class: 'toast', role: 'alert' },
    shape('missing'),
    h('span', {}, words),
    h(
      'button',
      { class: 'btn push', type: 'button', 'data-dismiss': '' },
      word({ vi: 'Đóng', en: 'Close' }),
    ),
  );
  host.replaceChildren(toast);
}
