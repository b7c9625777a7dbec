// Small pieces of which the live page's parts are made.
import { h, shape } from './paint';
import type { ItemPart } from './state';

export const button = (
  words: string,
  act: string,
  more: Record<string, string> = {},
  icon = '',
): Node =>
  h(
    'button',
    { type: 'button', class: 'btn', 'data-do': act, 'data-key': act, ...more },
    icon && shape(`icon:${icon}`),
    words,
  );

export const row = (
  mark: Node | string,
  title: Node | string,
  second: (Node | string)[],
  ...acts: Node[]
) =>
  h(
    'li',
    { class: 'row' },
    h('span', { class: 'row__m' }, mark),
    h(
      'div',
      { class: 'row__b' },
      typeof title === 'string' ? h('span', { class: 'row__t' }, title) : title,
      second.length > 0 && h('span', { class: 'row__s' }, ...second),
    ),
    ...acts,
  );

export const section = (title: string, ...children: (Node | string | false)[]): HTMLElement =>
  h('section', {}, h('h2', { class: 'pane__h' }, title), ...children);

export const wide = (words: string, act: string, item?: ItemPart): Node =>
  button(words, act, { class: 'btn btn--wide', ...(item ? { 'data-item': String(item.id) } : {}) });
