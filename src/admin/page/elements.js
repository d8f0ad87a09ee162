// How it gets onto the page. Everything is set as text: nothing that was received becomes markup.

const find = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Only what has changed is touched, so that a selection, the focus and a screen reader stay where they are.
function say(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function show(node, visible) {
  node.hidden = !visible;
}

function tone(node, name) {
  for (const each of ['good', 'warn', 'bad']) {
    node.classList.toggle(each, each === name);
  }
}

// Makes the children of `parent` those of `items`, in their order: what has a key that is known is kept, and filled anew.
function keep(parent, items, key, make, fill) {
  const known = (parent.known ??= new Map());
  const times = new Map();
  const names = items.map(key).map((each) => {
    times.set(each, (times.get(each) ?? 0) + 1);
    return `${times.get(each)} ${each}`;  // so that two of the same key are two
  });
  const wanted = new Set(names);
  for (const [each, node] of known) {
    if (!wanted.has(each)) {
      node.remove();
      known.delete(each);
    }
  }
  items.forEach((item, index) => {
    const name = names[index];
    if (!known.has(name)) {
      known.set(name, make(item));
    }
    const node = known.get(name);
    fill(node, item);
    if (parent.children[index] !== node) {
      parent.insertBefore(node, parent.children[index] ?? null);
    }
  });
}

// columns: [{title, text(item), kind, tone(item)}]; kind: 'number', or 'some' or 'much' room. With a tone it is marked. Roles
// are written because a table that is drawn as sheets is none any more for some screen readers.
function table(parent, caption, columns, items, key) {
  if (!parent.firstChild) {
    const heads = columns.map((column) => element('th', {scope: 'col', role: 'columnheader'}, column.title));
    parent.append(element('table', {role: 'table'}, element('caption', {}, caption),
      element('thead', {role: 'rowgroup'}, element('tr', {role: 'row'}, ...heads)), element('tbody', {role: 'rowgroup'})));
  }
  show(parent, items.length > 0);
  const makeCell = (column) => {
    const content = column.tone ? element('span', {class: 'mark'}) : element('bdi');
    return element('td', {role: 'cell', 'data-label': column.title, class: column.kind ?? ''}, content);
  };
  keep(parent.querySelector('tbody'), items, key, () => element('tr', {role: 'row'}, ...columns.map(makeCell)), (row, item) => {
    columns.forEach((column, index) => {
      const content = row.children[index].firstChild;
      say(content, column.text(item));
      if (column.tone) {
        tone(content, column.tone(item));
      }
    });
  });
}

const SVG = 'http://www.w3.org/2000/svg';

// A line of rates over the last SPAN seconds, above its words.
function makeSparkline(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 300 32');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('class', name);
  svg.append(document.createElementNS(SVG, 'path'));
  return element('figure', {}, element('figcaption', {}, element('span'), element('b')), svg);
}

function fillSparkline(figure, title, rates, unit, now) {
  const svg = figure.querySelector('svg');
  const most = rates.most;
  const current = rates.now === null ? 'not known yet' : unit(rates.now);
  const words = most > 0 ? `${current}, at most ${unit(most)}` : current;
  say(figure.querySelector('span'), title);
  say(figure.querySelector('b'), words);
  svg.setAttribute('aria-label', `${title}, of the last ${SPAN / 60} minutes: ${words}`);
  let path = '';
  let pen = 'M';
  for (const {at, value} of rates.points) {
    if (value === null) {
      pen = 'M';
      continue;
    }
    const x = (300 * (1 - (now - at) / SPAN)).toFixed(1);
    const y = (30.5 - (most > 0 ? 29 * value / most : 0)).toFixed(1);
    path += `${pen}${x} ${y}`;
    pen = 'L';
  }
  svg.firstChild.setAttribute('d', path);
}
