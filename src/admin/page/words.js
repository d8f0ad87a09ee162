// What is said: times, amounts, and what to do about a failure. Nothing here touches the page.

const DAY = 86400;

// A peer may have called itself anything: what has no shape of its own or turns the text around is written out.
function visible(text) {
  return String(text ?? '').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function amount(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = Number(bytes) || 0;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function rate(value) {
  return `${value >= 99.5 || value === 0 ? Math.round(value) : value.toFixed(1)}/s`;
}

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(whole / DAY), 'd'], [Math.floor(whole / 3600) % 24, 'h'], [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's']];
  const first = parts.findIndex(([count]) => count > 0);
  return first < 0 ? '0 s' : parts.slice(first, first + 2).filter(([count]) => count > 0).map((part) => part.join(' ')).join(' ');
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], {hourCycle: 'h23'});
}

function when(seconds, now) {
  const date = new Date(seconds * 1000);
  const day = now - seconds < DAY / 2 ? '' : `${date.toLocaleDateString()} `;
  return `${day}${clock(seconds)} (${duration(now - seconds)} ago)`;
}

const ROLES = {
  leaf: 'our certificate',
  intermediate: 'our intermediate',
  ca: 'CA that we trust',
  crl: 'revocation list',
  gateway: "the gateway's certificate",
};

// How long what expires is still good: words, and how bad that is. As the log warns: 30 and 7 days before, lists later,
// because they are made anew all the time.
function remaining(role, notAfter, now) {
  const left = notAfter - now;
  if (left <= 0) {
    return ['bad', `expired ${duration(-left)} ago`];
  }
  const words = left >= 2 * DAY ? plural(Math.floor(left / DAY), 'day') : duration(left);
  if (role === 'crl') {
    return left < DAY ? ['warn', `${words}: the next list is due`] : ['good', words];
  }
  if (left < 7 * DAY) {
    return ['bad', `${words}: renew it now`];
  }
  return left < 30 * DAY ? ['warn', `${words}: renew it soon`] : ['good', words];
}

const DOCTOR = 'persona doctor --config FILE tries each step and says which one fails.';

const HINTS = {
  dial_failed: `Does what is dialled run, and does its name resolve? ${DOCTOR}`,
  dial_timeout: `Nobody answered in time: a firewall that swallows, a wrong address, or no route. ${DOCTOR}`,
  handshake_failed: `TLS does not come about: a version, a suite, or no TLS at all. ${DOCTOR}`,
  handshake_timeout: `The handshake was begun and not ended in time: an overloaded peer, or one that does not speak TLS. ${DOCTOR}`,
  verify_failed: 'The certificate that was shown is not believed: mend it, or what is configured under trust, gateway or clients. ' +
    'persona doctor --config FILE explains it.',
  client_certificate_refused: 'The gateway does not want our certificate: persona doctor --config FILE says of which CAs it takes one.',
  access_denied: 'If this client is to be let in, access or clients.allow has to name it; persona check --config FILE shows what they say.',
  limit_reached: 'The connections below show who has the places; if all of them are wanted, raise limits.',
  truncated: 'The TLS side ended without saying so: it crashed or was killed, or something between cut the connection. Its log says more.',
  gateway_reset: 'The TLS side broke the connection off: its log says more.',
  local_reset: 'The plaintext side broke the connection off: its log says more.',
  idle_timeout: 'Nothing was said for timeouts.idle: raise that, or let the application send keepalives.',
  half_close_timeout: 'One side had ended and the other one was silent for timeouts.half_close: raise that if it needs longer.',
  max_age: 'It was as old as limits.max_age lets it become; the application connects anew.',
  closed_by_administrator: 'It was closed on purpose, with persona sessions close.',
  protocol_error: 'What was received is no TLS, or it was altered on the way. If it goes on, the log of the other side says more.',
};

function hint(reason) {
  return Object.hasOwn(HINTS, reason) ? HINTS[reason] : `The log has a line with reason ${visible(reason)} for it.`;
}
