// How the system does: its nodes, and what waits.
import { get, repeat } from './api.js';
import { el, put, visible } from './dom.js';
import { JobList } from './job_list.js';
import { number, WORDS } from './words.js';

export function show(root, { setup }) {
  document.title = `${WORDS.fleet} · distributed-ocr`;
  const tiles = el('div.tiles');
  const nodes = el('div.table-wrap', { tabindex: '0', role: 'region', 'aria-label': WORDS.nodes });
  const dead = el('div');
  const note = el('p.note');
  note.hidden = true;
  const jobs = new JobList({ setup });
  put(root, el('h1', {}, WORDS.fleet), note, tiles, el('section', {}, el('h2', {}, WORDS.nodes), nodes), el('section', {}, el('h2', {}, WORDS.dead), dead), jobs.root);
  const stop = repeat(3, async () => {
    try {
      const [fleet, open, given] = await Promise.all([get('/workers/status'), openJobs(), get('/web/dead')]);
      note.hidden = true;
      put(tiles, tilesOf(fleet, open));
      put(dead, deadOf(given.jobs));
      put(nodes, fleet.workers.length ? tableOf(fleet.workers) : el('p.muted.empty', {}, WORDS.noNodes));
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

async function openJobs() {
  const states = await Promise.all(['queued', 'running'].map((state) => get(`/jobs?limit=500&state=${state}`)));
  return states.map((told) => told.jobs);
}

function deadOf(jobs) {
  if (!jobs.length) return el('p.muted', {}, WORDS.noDead);
  const rows = jobs.map((job) => el(
    'li.job', {},
    el('a.job-name', { href: `#/job/${job.job_id}/check/${job.pages[0]}` }, visible(job.filename)),
    el('span.state.failed', {}, WORDS.pageCount(job.pages.length)),
  ));
  return [el('p.muted.dead-hint', {}, WORDS.deadHint), el('ul.jobs', {}, rows)];
}

function tilesOf(fleet, [queued, running]) {
  const left = running.reduce((sum, job) => sum + Math.max((job.total_pages ?? 0) - job.pages_done, 0), 0);
  const speed = fleet.workers.reduce((sum, node) => sum + (node.status === 'healthy' ? node.pages_per_second : 0), 0);
  return [
    [`${fleet.healthy_workers} / ${fleet.total_workers}`, WORDS.nodes],
    [speed.toFixed(2), WORDS.node.speed],
    [number(running.length), WORDS.runningJobs],
    [number(queued.length), WORDS.waitingJobs],
    [number(left), WORDS.pagesLeft],
  ].map(([value, name]) => el('div.tile', {}, el('strong', {}, value), el('span.muted', {}, name)));
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
