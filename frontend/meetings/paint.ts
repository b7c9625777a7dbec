// Draws parts of a page from plain values, changing only what is other than before, so that
// neither focus nor place of reading moves by itself.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

export function h(name: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((each): each is Node | string => Boolean(each)));
  return element;
}

/** A mark or an icon of the look, from the page's own templates. */
export function shape(name: string): Node {
  const found = document.querySelector<HTMLTemplateElement>(`template[data-shape="${name}"]`);
  return found ? found.content.cloneNode(true) : document.createTextNode('');
}

export function paint(host: Element | null, ...children: Child[]): void {
  if (!host) return;
  const wanted = children.filter((each): each is Node | string => Boolean(each));
  const nodes = wanted.map((each) =>
    typeof each === 'string' ? document.createTextNode(each) : each,
  );
  while (host.childNodes.length > nodes.length) host.lastChild?.remove();
  nodes.forEach((node, index) => {
    const old = host.childNodes[index];
    if (!old) host.append(node);
    else morph(old, node);
  });
}

/** Make an old node equal to a new one, going as deep as they are of the same make. */
function morph(old: ChildNode, node: Node): void {
  if (old.isEqualNode(node)) return;
  const alike = old instanceof HTMLElement && node instanceof HTMLElement;
  if (!alike || old.tagName !== node.tagName || old.dataset.key !== node.dataset.key) {
    old.replaceWith(node);
    return;
  }
  for (const { name } of [...old.attributes])
    if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  paint(old, ...Array.from(node.childNodes));
}
