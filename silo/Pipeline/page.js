'use strict';

// Asks the silo that served the page, once a second, and shows what it says. Elements stay where they are: only texts change, so that nothing jumps.

const interval = 1000;
const patience = 4000;
const shownReasons = 2;
const $ = id => document.getElementById(id);
const narrow = matchMedia('(max-width: 720px)');

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const number = n => n == null ? '–' : grouped.format(n);
const bytes = n => n < 1024 ? `${n} B` : n < 1048576 ? `${(n / 1024).toFixed(0)} KiB` : n < 1073741824 ? `${(n / 1048576).toFixed(1)} MiB` : `${(n / 1073741824).toFixed(1)} GiB`;
const duration = s => s == null ? '–' : s < 100 ? `${Math.max(0, s).toFixed(1)} s` : s < 6000 ? `${Math.round(s / 60)} min` : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
const milliseconds = s => s == null ? '–' : s < 1 ? `${Math.round(s * 1000)} ms` : `${s.toFixed(1)} s`;
const plural = (n, what) => `${number(n)} ${what}${n === 1 ? '' : 's'}`;

let now = 0;
const age = time => time == null ? null : (now - Date.parse(time)) / 1000;

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function tone(element, value) {
  if (value) element.dataset.tone = value; else delete element.dataset.tone;
}

function element(name, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}

/** A table whose rows have keys. A cell is a text, or { text, tone, title }; a row may have a note below it. */
class Table {
  constructor(id) {
    this.heads = [...$(id).tHead.rows[0].cells].map(h => h.className);
    this.body = $(id).tBodies[0];
    this.rows = new Map();
  }

  show(rows, empty) {
    const seen = new Set();
    if (rows.length === 0) rows = [{ key: '', group: empty, className: 'empty' }];
    let place = this.body.firstChild;
    for (const row of rows) {
      seen.add(row.key);
      let parts = this.rows.get(row.key);
      if (!parts) this.rows.set(row.key, parts = this.make(row));
      this.fill(parts, row);
      for (const tr of parts.note ? [parts.tr, parts.note] : [parts.tr]) {
        if (tr === place) place = place.nextSibling; else this.body.insertBefore(tr, place);
      }
    }
    for (const [key, parts] of this.rows) {
      if (!seen.has(key)) {
        parts.tr.remove();
        parts.note?.remove();
        this.rows.delete(key);
      }
    }
  }

  make(row) {
    const tr = element('tr', row.group == null ? '' : row.className ?? 'group');
    if (row.group != null) {
      tr.append(element('td'));
      return { tr };
    }
    for (const head of this.heads) tr.append(element('td', head));
    return { tr };
  }

  fill(parts, row) {
    // Columns that a phone has no room for must not be spanned: they would come back as empty ones.
    const columns = this.heads.filter(h => !(narrow.matches && h.includes('wide'))).length;
    if (row.group != null) {
      parts.tr.cells[0].colSpan = columns;
      text(parts.tr.cells[0], row.group);
      return;
    }
    row.cells.forEach((cell, i) => {
      const td = parts.tr.cells[i];
      if (cell == null || typeof cell !== 'object') {
        text(td, cell ?? '–');
        return;
      }
      let pill = td.firstElementChild;
      if (!pill) td.append(pill = element('span', 'pill'));
      text(pill, cell.text);
      tone(pill, cell.tone);
      if (cell.title) td.title = cell.title; else td.removeAttribute('title');
    });
    if (row.note && !parts.note) {
      parts.note = element('tr', 'note');
      parts.note.append(element('td'));
    }
    if (row.note) {
      parts.note.cells[0].colSpan = columns;
      text(parts.note.cells[0], row.note);
    } else if (parts.note) {
      parts.note.remove();
      delete parts.note;
    }
  }
}

const tables = { silos: new Table('silos'), partitions: new Table('partitions'), buffers: new Table('buffers'), reasons: new Table('reasons') };

const words = { flowing: 'Flowing', idle: 'Idle', degraded: 'Degraded', stopped: 'Stopped', silent: 'No answer' };

function showVerdict(health, summary) {
  $('verdict').dataset.health = health;
  text($('health'), words[health]);
  text($('summary'), summary);
  document.title = `${words[health]} · OtelOrleans`;
}

function showSignal(signal) {
  let card = document.querySelector(`[data-signal=${signal.signal}]`);
  if (!card) {
    card = element('article', 'signal');
    card.dataset.signal = signal.signal;
    const heading = element('h2');
    heading.textContent = signal.signal[0].toUpperCase() + signal.signal.slice(1);
    const rate = element('p', 'rate');
    const unit = element('span', 'unit');
    unit.textContent = 'rows/s';
    rate.append(element('span', 'value'), unit);
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 59 40');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    for (const name of ['area', 'line']) {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('class', name);
      svg.append(path);
    }
    card.append(heading, rate, svg);
    $('signals').append(card);
  }
  text(card.querySelector('.value'), number(signal.rowsPerSecond));
  card.title = `${plural(signal.rows, 'row')} since the silos started`;
  const minute = smooth(signal.lastMinute);
  const most = Math.max(...minute, 1);
  const line = minute.map((rows, second) => `${second} ${(38 - 34 * rows / most).toFixed(2)}`).join('L');
  const [area, stroke] = card.querySelectorAll('path');
  area.setAttribute('d', `M0 40L${line}L59 40Z`);
  stroke.setAttribute('d', `M${line}`);
}

/** Flushes come about once a second, and some seconds catch two of them: the middle of three is what flows. */
function smooth(values) {
  return values.map((v, i) => ((values[i - 1] ?? v) + v + (values[i + 1] ?? v)) / 3);
}

function showFigures({ partitions, silos, flushes, buffers, deadLetters, deadLettersAt }) {
  const lags = partitions.map(p => p.lagSeconds).filter(s => s != null);
  const records = partitions.reduce((sum, p) => sum + (p.lagRecords ?? 0), 0);
  const behind = lags.length ? Math.max(...lags) : null;
  text($('lag'), duration(behind));
  tone($('lag'), behind > 30 ? 'warn' : null);
  text($('lag-more'), plural(records, 'record'));
  text($('flush'), milliseconds(flushes.medianSeconds));
  text($('flush-more'), flushes.p95Seconds == null ? 'none in a minute' : `95 % within ${milliseconds(flushes.p95Seconds)}`);
  text($('buffered'), plural(buffers.bufferedRows, 'row'));
  text($('buffered-more'), buffers.oldestBuffered ? `the oldest for ${duration(age(buffers.oldestBuffered))}` : 'nothing waits');
  const undurable = silos.reduce((sum, s) => sum + s.undurableBytes, 0);
  text($('undurable'), bytes(undurable));
  text($('undurable-more'), 'read, not committed');
  const letters = deadLetters.reduce((sum, d) => sum + d.letters, 0);
  text($('letters'), deadLettersAt ? number(letters) : '–');
  tone($('letters'), letters > 0 ? 'warn' : null);
  const counted = deadLettersAt ? age(deadLettersAt) : null;
  text($('letters-more'), counted == null ? 'not known yet' : counted > 15 ? `${duration(counted)} ago` : letters ? plural(deadLetters.length, 'reason') : 'none open');
  text($('letters-age'), counted == null ? 'not known while Postgres is away' : `counted ${duration(counted)} ago`);
}

const conditions = {
  active: silo => silo.isReady ? { text: 'ready', tone: 'good' } : { text: 'not ready', tone: 'bad' },
  joining: () => ({ text: 'joining', tone: 'warn' }),
  leaving: () => ({ text: 'leaving', tone: 'warn' }),
  silent: () => ({ text: 'no answer', tone: 'bad' }),
  gone: () => ({ text: 'gone', tone: 'bad' }),
};

function showSilos(silos) {
  text($('silos-count'), number(silos.length));
  tables.silos.show(silos.map(s => ({
    key: s.silo,
    cells: [s.silo, conditions[s.condition](s), number(s.partitions), number(s.buffers), bytes(s.undurableBytes), duration(age(s.startedAt))],
    note: s.reasons.slice(0, shownReasons).join(' · ') + (s.reasons.length > shownReasons ? ` · and ${s.reasons.length - shownReasons} more` : ''),
  })), 'No silo.');
}

function partitionState(p, hindered) {
  return p.isPaused ? { text: 'paused', tone: 'warn' }
    : p.problem ? { text: p.silo ? 'stuck' : 'not read', tone: 'bad' }
    : hindered.has(p.silo) ? { text: 'waiting', tone: 'warn' }
    : p.lagRecords > 0 ? { text: 'reading', tone: 'good' } : { text: 'at its end', tone: 'calm' };
}

function showPartitions(partitions, silos) {
  const hindered = new Set(silos.filter(s => s.postgresProblem || s.kafkaProblem).map(s => s.silo));
  text($('partitions-count'), number(partitions.length));
  tables.partitions.show(partitions.map(p => {
    const state = partitionState(p, hindered);
    const broken = p.lastBreakAt && age(p.lastBreakAt) < 600 ? `read again ${duration(age(p.lastBreakAt))} ago: ${p.lastBreak}` : null;
    if (broken) state.title = broken;
    return {
      key: `${p.topic}/${p.partition}`,
      note: p.isPaused ? null : p.problem,
      cells: [`${p.topic}/${p.partition}`, state, number(p.lagRecords), duration(p.lagSeconds), number(p.resumePoint), bytes(p.undurableBytes), p.silo ?? '–'],
    };
  }), 'Kafka has named no partition yet.');
}

function showBuffers(buffers, totals) {
  const filter = $('filter').value.trim();
  const shown = buffers.length;
  text($('buffers-count'), filter ? `of ${filter}` : shown < totals.buffers ? `${number(shown)} of ${number(totals.buffers)}, the fullest` : number(totals.buffers));
  // By name where all are shown, so that rows keep their places; else the most pressing, as they come.
  const order = shown < totals.buffers ? buffers : [...buffers].sort((a, b) => (b.lastError != null) - (a.lastError != null) || (a.serviceName < b.serviceName ? -1 : 1));
  tables.buffers.show(order.map(b => ({
    key: `${b.serviceName}\n${b.shard}\n${b.silo}`,
    cells: [b.shard ? `${b.serviceName} (${b.shard})` : b.serviceName, number(b.bufferedRows), bytes(b.bufferedBytes), duration(age(b.oldestBuffered)), duration(age(b.lastFlush)), number(b.flushedRows), b.silo],
    note: b.lastError,
  })), filter ? 'No silo has a buffer of this service.' : 'No service has sent anything since the silos started.');
}

function showReasons(deadLetters) {
  tables.reasons.show(deadLetters.map(d => ({ key: d.reason, cells: [d.reason, number(d.letters)] })), 'No open dead letters.');
}

let answeredAt = Date.now();

async function ask() {
  const filter = $('filter').value.trim();
  try {
    const response = await fetch('/api/pipeline' + (filter ? `?service=${encodeURIComponent(filter)}` : ''), { signal: AbortSignal.timeout(patience) });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const { state, buffers } = await response.json();
    now = Date.parse(state.at);
    answeredAt = Date.now();
    document.body.classList.remove('stale');
    showVerdict(state.health, state.summary);
    state.signals.forEach(showSignal);
    showFigures(state);
    showSilos(state.silos);
    showPartitions(state.partitions, state.silos);
    showBuffers(buffers, state.buffers);
    showReasons(state.deadLetters);
    text($('clock'), `${state.at.slice(11, 19)} UTC`);
  } catch (e) {
    document.body.classList.add('stale');
    showVerdict('silent', `The silo behind this page has not answered for ${duration((Date.now() - answeredAt) / 1000)} (${e.message}). What is shown below is old.`);
  }
}

async function run() {
  for (;;) {
    await ask();
    await new Promise(resolve => {
      const timer = setTimeout(resolve, interval);
      $('filter').oninput = () => { clearTimeout(timer); resolve(); };
    });
  }
}

run();
