// What is counted: Prometheus' text format read, and rates made of counters.

// {name: [{labels, value}]}
function parseMetrics(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/.exec(line);
    if (!sample) {
      continue;  // a comment
    }
    const labels = {};
    for (const [, key, value] of (sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
    }
    families.set(sample[1], [...(families.get(sample[1]) ?? []), {labels, value: Number(sample[3])}]);
  }
  return families;
}

// The sum of a family's samples with these labels; undefined: there is none.
function sum(families, name, labels) {
  const chosen = (families?.get(name) ?? []).filter(
    (each) => Object.entries(labels).every(([key, value]) => each.labels[key] === value));
  return chosen.length ? chosen.reduce((total, each) => total + each.value, 0) : undefined;
}

const SPAN = 300;  // seconds that are shown
const GAP = 15;    // longer without a count: nothing is drawn, because nobody knows when it was

// The rates of one counter: [{at, value}], value is null where they are not known. Times are of performance.now(), which no
// clock that is set disturbs.
class Rates {
  points = [];
  #last = null;

  add(at, count) {
    if (this.#last) {
      const passed = at - this.#last.at;
      // A counter that is less than it was has begun anew.
      const known = passed > 0 && passed <= GAP && count >= this.#last.count;
      this.points.push({at, value: known ? (count - this.#last.count) / passed : null});
      this.points = this.points.filter((point) => at - point.at <= SPAN);
    }
    this.#last = {at, count};
  }

  get now() {
    return this.points.at(-1)?.value ?? null;
  }

  get most() {
    return Math.max(0, ...this.points.map((point) => point.value ?? 0));
  }
}
