// How the system does: its nodes, what waits, what was given up.
import { get, repeat } from './api.js';
import { chart } from './chart.js';
import { DeadPages } from './dead_pages.js';
import { el, put, visible } from './dom.js';
import { JobList } from './job_list.js';
import { clock, duration, number, WORDS } from './words.js';

const HOUR_S = 3600;

export function show(root, { setup }) {
  document.title = `${WORDS.fleet} · distributed-ocr`;
  const tiles = el('div.tiles');
  const queue = el('div');
  const nodes = el('div.table-wrap', { tabindex: '0', role: 'region', 'aria-label': WORDS.nodes });
  const dead = new DeadPages();
  const note = el('p.note');
  note.hidden = true;
  const jobs = new JobList({ setup, actions: true });
  put(root, el('h1', {}, WORDS.fleet), note, tiles, queue, el('section', {}, el('h2', {}, WORDS.nodes), nodes), el('section', {}, el('h2', {}, WORDS.dead), dead.root), jobs.root);
  const stop = repeat(3, async () => {
    try {
      const [fleet, told, given] = await Promise.all([get('/workers/status'), get('/web/operation'), get('/web/dead')]);
      note.hidden = told.now !== null && told.unserved === 0;
      put(note, told.now === null ? WORDS.away : WORDS.unserved(told.unserved));
      put(tiles, tilesOf(fleet, told));
      put(queue, queueOf(told));
      dead.draw(given.jobs);
      // Who has come to a node's page by keyboard stays there.
      if (!nodes.contains(document.activeElement) || document.activeElement === nodes) put(nodes, fleet.workers.length ? tableOf(fleet.workers) : el('p.muted.empty', {}, WORDS.noNodes));
    } catch (refused) {
      put(note, refused.message || WORDS.away);
      note.hidden = false;
      throw refused;
    }
  });
  return {
    leave() {
      stop();
      jobs.leave();
    },
  };
}

function tilesOf(fleet, { jobs, now, in_hand: inHand }) {
  const speed = fleet.workers.reduce((sum, node) => sum + (node.status === 'healthy' ? node.pages_per_second : 0), 0);
  return [
    [`${fleet.healthy_workers} / ${fleet.total_workers}`, WORDS.nodes],
    [speed.toFixed(2), WORDS.node.speed],
    [number((jobs.running ?? 0) + (jobs.cancelling ?? 0)), WORDS.runningJobs],
    [number(Math.max(jobs.queued ?? 0, now?.[3] ?? 0)), WORDS.waitingJobs],
    [number(now?.[1] ?? 0), WORDS.pagesWaiting],
    [number(inHand), WORDS.pagesInHand],
  ].map(([value, name]) => el('div.tile', {}, el('strong', {}, value), el('span.muted', {}, name)));
}

// The last hour, or less: a gateway knows what it has seen since it started.
function queueOf({ now, history, since }) {
  if (now === null) return null;
  const points = [...history, now];
  const to = now[0];
  const short = since > to - HOUR_S;
  const of = (at, told) => ({ points: points.map((point) => [point[0], point[at]]), from: to - HOUR_S, to, told });
  return el(
    'section', {},
    el('div.section-head', {}, el('h2', {}, WORDS.queue), el('span.muted', {}, short ? WORDS.sinceStart(clock(since)) : WORDS.lastHour)),
    el('div.charts', {}, chart({ name: WORDS.waiting, ...of(1, number) }), chart({ name: WORDS.oldest, ...of(2, duration) })),
  );
}

function tableOf(workers) {
  const names = WORDS.node;
  const columns = Object.values(names);
  return el(
    'table', {},
    el('thead', {}, el('tr', {}, columns.map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, workers.map((node) => el(
      'tr', {},
      el('th', { scope: 'row' }, visible(node.name)),
      el('td', {}, el(`span.state.${node.status}`, {}, WORDS.nodeStates[node.status] ?? node.status), node.status === 'lost' ? ` ${WORDS.seen(Math.round(node.seconds_since_heartbeat))}` : ''),
      el('td', { title: node.languages.join(', ') }, `${visible(node.engine)} × ${node.engines}, ${WORDS.languagesOf(node.languages.length)}`),
      el('td.figure', {}, node.pages_per_second.toFixed(2)),
      el('td.figure', {}, node.core_seconds_per_page.toFixed(2)),
      el('td.figure', {}, `${Math.round(node.health.memory_mb)} MB`),
      el('td.figure', {}, number(node.pages)),
      el('td.figure', {}, number(node.errors)),
      el('td', {}, node.current_pages.map((page) => el('a.now', { href: `#/job/${page.job_id}` }, `${WORDS.page.toLowerCase()} ${page.page_number} `))),
    ))),
  );
}
