// What is asked for, and what is made of it. Each part does without what this persona does not tell.

const PERIOD = 2000;     // milliseconds between two questions
const PATIENCE = 5000;   // for an answer
const MOST_ROWS = 200;   // of connections
const rates = new Map(); // by service and counter
let seen = null;         // the last answers: {status, sessions, metrics, at}; at: of performance.now(), in seconds
let trouble = '';        // why the last question was not answered; empty: it was
let paused = false;
let timer = 0;

async function ask(path, read) {
  const answer = await fetch(path, {cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(PATIENCE)});
  if (!answer.ok) {
    throw new Error(`it answers /${path} with ${answer.status}`);
  }
  return read(await answer.text());
}

// What may be missing. Only /status has to be there.
const askAnyhow = (path, read) => ask(path, read).catch(() => null);

async function update() {
  clearTimeout(timer);
  try {
    const [status, sessions, metrics] = await Promise.all(
      [ask('status', JSON.parse), askAnyhow('sessions', JSON.parse), askAnyhow('metrics', parseMetrics)]);
    if (!Array.isArray(status?.services)) {
      throw new Error('its /status has no services');
    }
    seen = {status, sessions: Array.isArray(sessions?.sessions) ? sessions : null, metrics, at: performance.now() / 1000};
    trouble = '';
    count();
    draw();
  } catch (error) {
    trouble = error instanceof SyntaxError ? 'its answer is no JSON' : error.message;
  }
  drawReach();
  if (!paused && !document.hidden) {
    timer = setTimeout(update, PERIOD);
  }
}

// persona's clock where it is told, since the certificates and failures go by that.
function now() {
  return Number(seen.sessions?.now) || Date.now() / 1000;
}

const COUNTERS = [
  {key: 'new', title: 'New connections', unit: rate, family: 'persona_connections_total', labels: {}},
  {key: 'up', title: 'From clients', unit: (value) => `${amount(value)}/s`, family: 'persona_bytes_total', labels: {direction: 'up'}},
  {key: 'down', title: 'To clients', unit: (value) => `${amount(value)}/s`, family: 'persona_bytes_total', labels: {direction: 'down'}},
];

function count() {
  for (const service of seen.status.services) {
    for (const {key, family, labels} of COUNTERS) {
      const value = sum(seen.metrics, family, {...labels, service: service.name});
      if (value !== undefined) {
        const name = `${key} ${service.name}`;
        rates.set(name, rates.get(name) ?? new Rates());
        rates.get(name).add(seen.at, value);
      }
    }
  }
}

function drawReach() {
  const banner = find('unreachable');
  show(banner, trouble !== '');
  if (trouble) {
    say(find('trouble'), `persona cannot be reached: ${trouble}.`);
    say(find('last-seen'), (seen ? `Last seen ${duration(performance.now() / 1000 - seen.at)} ago; what is below is as it was then. ` : '') +
      (paused ? 'Paused.' : 'Trying again every 2 seconds.'));
    say(find('state'), 'not reached');
    tone(find('state'), 'bad');
    document.title = 'not reached – persona';
  }
}

function draw() {
  const {status} = seen;
  say(find('version'), visible(status.version));
  say(find('as-of'), `as of ${clock(Date.now() / 1000)}`);
  const ready = status.ready !== false && !status.draining;
  const state = status.draining ? 'draining' : ready ? 'ready' : 'not ready';
  say(find('state'), state);
  tone(find('state'), ready ? 'good' : status.draining ? 'warn' : 'bad');
  document.title = `${state} – persona`;
  drawAttention();
  drawServices();
  drawFailures();
  drawCertificates();
  drawSessions();
}

function drawAttention() {
  const {status} = seen;
  const notes = [];
  const note = (how, where, words) => notes.push({how, words: (where ? `${visible(where)}: ` : '') + visible(words)});
  for (const why of status.not_ready ?? []) {
    note('bad', '', why);
  }
  if (status.draining && !status.not_ready?.length) {
    note('warn', '', 'It drains: it takes no new connections, and ends when those that live have ended.');
  }
  for (const {name, reload, restart_needed: keys, certificates, targets} of status.services) {
    if (reload?.successful === false) {
      note('bad', name, `The configuration or files on disk were refused, and the old ones stay in use: ${reload.error}`);
    }
    if (keys?.length) {
      note('warn', name, `A restart is needed for what has changed in ${keys.join(', ')}.`);
    }
    for (const each of certificates ?? []) {
      const [how, words] = remaining(each.role, each.not_after, now());
      if (how !== 'good') {
        note(how, name, `${ROLES[each.role] ?? each.role} (${each.name}): ${words}`);
      }
    }
    const resting = (targets ?? []).filter((target) => target.resting);
    if (resting.length) {
      const all = resting.length === targets.length;
      note(all ? 'bad' : 'warn', name, `${all ? 'Every address has' : `${resting.length} of ${targets.length} addresses have`} ` +
        `failed last time: ${resting.map((target) => target.address).join(', ')}. persona doctor --config FILE says why.`);
    }
  }
  notes.sort((a, b) => (b.how === 'bad') - (a.how === 'bad'));
  keep(find('attention'), notes, (each) => `${each.how} ${each.words}`, () =>
    element('li', {}, element('span', {class: 'mark'}), element('span')), (node, each) => {
    say(node.firstChild, each.how === 'bad' ? 'Act' : 'Soon');
    tone(node.firstChild, each.how);
    say(node.lastChild, each.words);
  });
  say(find('attention-none'), notes.length ? '' : 'Nothing.');
}

function drawServices() {
  const {services} = seen.status;
  keep(find('services'), services, (service) => service.name, () =>
    element('article', {}, element('h3'), element('p'), element('div'), element('p', {class: 'none'}),
      element('ul', {class: 'targets'})), (node, service) => {
    const [title, words, figures, none, targets] = node.children;
    say(title, visible(service.name));
    say(words, `${plural(service.connections ?? 0, 'connection')} now, as ${service.mode === 'gateway' ?
      'gateway: TLS comes in, plaintext goes on' : 'persona: plaintext comes in, TLS goes on'}`);
    const drawn = COUNTERS.filter(({key}) => rates.has(`${key} ${service.name}`));
    keep(figures, drawn, ({key}) => key, ({key}) => makeSparkline(key), (figure, {key, title: name, unit}) =>
      fillSparkline(figure, name, rates.get(`${key} ${service.name}`), unit, seen.at));
    say(none, drawn.length ? '' : 'This persona counts neither connections nor bytes in its /metrics.');
    keep(targets, service.targets ?? [], ({address}) => address, () =>
      element('li', {}, element('span'), element('span', {class: 'mark'})), (item, target) => {
      say(item.firstChild, `to ${visible(target.address)}${target.via ? ` by ${visible(target.via)}` : ''}`);
      const failed = target.failed_at ? `failed ${duration(now() - target.failed_at)} ago` : 'no failure';
      say(item.lastChild, target.resting ? `${failed}, rests` : failed);
      tone(item.lastChild, target.resting ? 'bad' : target.failed_at ? 'warn' : 'good');
    });
  });
  say(find('services-none'), services.length ? '' : 'This persona has no services.');
}

// The same failure of the same service is told once, with how often.
function failures() {
  const grouped = new Map();
  for (const service of seen.status.services) {
    for (const each of service.failures ?? []) {
      const key = JSON.stringify([service.name, each.reason, each.error]);
      const known = grouped.get(key) ?? {...each, key, service: service.name, times: 0};
      grouped.set(key, {...known, times: known.times + 1, at: Math.max(known.at, each.at)});
    }
  }
  return [...grouped.values()].sort((a, b) => b.at - a.at);
}

function drawFailures() {
  const all = failures();
  keep(find('failures'), all, (each) => each.key, () =>
    element('li', {}, element('p', {class: 'about'}), element('p'), element('p', {class: 'about'})), (node, each) => {
    const way = [each.client, each.target].filter(Boolean).map(visible).join(' to ');
    const often = each.times > 1 ? `, ${each.times} times lately, last from ` : ', ';
    say(node.children[0], `${when(each.at, now())}, ${visible(each.service)}${way ? often + way : ''}, ${visible(each.reason)}`);
    say(node.children[1], visible(each.error || each.reason));
    say(node.children[2], `What to do: ${hint(each.reason)}`);
  });
  const told = seen.status.services.some((service) => Array.isArray(service.failures));
  say(find('failures-none'), all.length ? '' : told ? 'None.' : 'This persona does not tell its failures in /status; its log has them.');
}

function drawCertificates() {
  const all = seen.status.services.flatMap((service) => (service.certificates ?? []).map((each) => ({...each, service: service.name})));
  all.sort((a, b) => a.not_after - b.not_after);
  table(find('certificates'), 'What expires, the first one first', [
    {title: 'Left', kind: 'much', text: (each) => remaining(each.role, each.not_after, now())[1],
      tone: (each) => remaining(each.role, each.not_after, now())[0]},
    {title: 'Until', kind: 'much', text: (each) => new Date(each.not_after * 1000).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23'})},
    {title: 'What', kind: 'some', text: (each) => visible(ROLES[each.role] ?? each.role)},
    {title: 'Name', text: (each) => visible(each.name)},
    {title: 'Service', text: (each) => visible(each.service)},
  ], all, (each) => JSON.stringify([each.service, each.role, each.name, each.not_after]));
  say(find('certificates-none'), all.length ? '' : 'There are none.');
}

const ORDERS = {
  newest: (a, b) => a.age_ms - b.age_ms,
  oldest: (a, b) => b.age_ms - a.age_ms,
  bytes: (a, b) => b.bytes_up + b.bytes_down - a.bytes_up - a.bytes_down,
};

function drawSessions() {
  const {sessions} = seen;
  const all = sessions?.sessions ?? [];
  const wanted = find('filter').value.trim().toLowerCase();
  const chosen = all.filter((each) =>
    [each.id, each.service, each.client, each.target, each.peer, each.state].some((text) => visible(text).toLowerCase().includes(wanted)));
  const shown = chosen.sort(ORDERS[find('order').value]).slice(0, MOST_ROWS);
  show(find('which'), all.length > 0);
  table(find('sessions'), 'Connections that are open or being set up', [
    {title: 'Service', text: (each) => visible(each.service)},
    {title: 'Client', kind: 'much', text: (each) => visible(each.client)},
    {title: 'To', kind: 'much', text: (each) => visible(each.target || '–')},
    {title: 'Peer', kind: 'some', text: (each) => visible(each.peer ?? 'not verified')},
    {title: 'Suite', kind: 'much', text: (each) => visible([each.version, each.cipher, each.group].filter(Boolean).join(' ') || '–')},
    {title: 'State', kind: 'some', text: (each) => visible(each.state)},
    {title: 'Age', kind: 'number', text: (each) => duration(each.age_ms / 1000)},
    {title: 'Up', kind: 'number', text: (each) => amount(each.bytes_up)},
    {title: 'Down', kind: 'number', text: (each) => amount(each.bytes_down)},
  ], shown, (each) => String(each.id));
  const hidden = chosen.length - shown.length + (Number(sessions?.more) || 0);
  say(find('sessions-none'), !sessions ? 'This persona does not list its connections: it has no /sessions.' :
    !all.length ? 'None.' : !shown.length ? 'None of them has that.' : hidden ? `${hidden} more are not shown.` : '');
}

// A list that was sorted or filtered anew is drawn from what was seen last.
for (const id of ['filter', 'order']) {
  find(id).addEventListener('input', () => seen && drawSessions());
}
find('which').addEventListener('submit', (event) => event.preventDefault());
find('pause').addEventListener('click', () => {
  paused = !paused;
  find('pause').setAttribute('aria-pressed', paused);
  say(find('pause'), paused ? 'Go on' : 'Pause');
  clearTimeout(timer);
  if (!paused) {
    update();
  }
});
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (!document.hidden && !paused) {
    update();
  }
});
update();
