// A document for tests of dom.mjs and of views: elements, texts, attributes and the focus.

class FakeNode {
  parentNode = null;
  nodes = [];

  constructor(owner, nodeName, nodeType) {
    Object.assign(this, { owner, nodeName, nodeType });
  }

  get childNodes() {
    this.owner.listed += this.nodes.length;
    return [...this.nodes];
  }

  get firstChild() {
    return this.nodes[0] ?? null;
  }

  get nextSibling() {
    return this.parentNode.nodes[this.parentNode.nodes.indexOf(this) + 1] ?? null;
  }

  get textContent() {
    return this.nodes.map((node) => node.textContent).join('');
  }

  set textContent(text) {
    this.childNodes.forEach((node) => node.remove());
    this.append(text);
  }

  append(...children) {
    for (const child of children) {
      this.insertBefore(child instanceof FakeNode ? child : new FakeText(this.owner, String(child)), null);
    }
  }

  /** Returns the first descendant with an id, a class or a name, `#id`, `.class` or `name`, or null. */
  querySelector(selector) {
    for (const node of this.nodes) {
      const found = node.matches(selector) ? node : node.querySelector(selector);
      if (found) {
        return found;
      }
    }
    return null;
  }

  matches() {
    return false;
  }

  insertBefore(node, before) {
    node.remove();
    this.nodes.splice(before ? this.nodes.indexOf(before) : this.nodes.length, 0, node);
    node.parentNode = this;
  }

  /** Takes the focus from the node and its descendants, also if it is only moved. */
  remove() {
    if (this.parentNode) {
      if (this.contains(this.owner.activeElement)) {
        this.owner.activeElement = this.owner.body;
      }
      this.parentNode.nodes.splice(this.parentNode.nodes.indexOf(this), 1);
      this.parentNode = null;
    }
  }

  contains(node) {
    return node === this || this.nodes.some((each) => each.contains(node));
  }
}

class FakeText extends FakeNode {
  #data;

  constructor(owner, data) {
    super(owner, '#text', 3);
    this.#data = data;
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.owner.writes++;
    this.#data = data;
  }

  get textContent() {
    return this.#data;
  }
}

class FakeElement extends FakeNode {
  #attributes = new Map();

  constructor(owner, tag) {
    super(owner, tag, 1);
  }

  get attributes() {
    return [...this.#attributes].map(([name, value]) => ({ name, value }));
  }

  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name) {
    return this.#attributes.has(name);
  }

  setAttribute(name, value) {
    this.#attributes.set(name, String(value));
  }

  matches(selector) {
    const name = selector.slice(1);
    switch (selector[0]) {
      case '#':
        return this.getAttribute('id') === name;
      case '.':
        return (this.getAttribute('class') ?? '').split(' ').includes(name);
      default:
        return this.nodeName === selector;
    }
  }

  getBoundingClientRect() {
    return { top: 0, height: 0 };
  }

  removeAttribute(name) {
    this.#attributes.delete(name);
  }

  focus() {
    this.owner.focusCalls++;
    this.owner.activeElement = this;
  }
}

/** The document. It counts what {@link FakeNode}s are asked for. */
export class FakeDocument {
  /** Calls of `focus`. */
  focusCalls = 0;
  /** Nodes in all lists that were read of `childNodes`. */
  listed = 0;
  /** Writes of texts that exist already. */
  writes = 0;
  body = new FakeElement(this, 'body');
  activeElement = this.body;

  constructor() {
    globalThis.Node = { TEXT_NODE: 3 };
  }

  createElement(tag) {
    return new FakeElement(this, tag);
  }

  createDocumentFragment() {
    return new FakeNode(this, '#fragment', 11);
  }
}
