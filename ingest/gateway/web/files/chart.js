// A line over time, with what it is now and was at most: small enough to take in at a glance.
import { el, svg } from './dom.js';
import { clock, WORDS } from './words.js';

const [WIDTH, HEIGHT] = [600, 90];
// Of two samples further apart nothing is known in between.
const GAP_S = 60;

// `points`: [s since 1970, value], the oldest first; `told(value)`: as people read it.
export function chart({ name, points, from, to, told }) {
  const values = points.map(([, value]) => value);
  const most = Math.max(...values);
  const x = (time) => ((time - from) / (to - from)) * WIDTH;
  const y = (value) => HEIGHT - 2 - (value / Math.max(most, 1)) * (HEIGHT - 6);
  const pieces = [];
  let last = -Infinity;
  for (const [time, value] of points) {
    if (time < from) continue;
    if (time - last > GAP_S) pieces.push([]);
    pieces.at(-1).push(`${x(time).toFixed(1)} ${y(value).toFixed(1)}`);
    last = time;
  }
  const ground = pieces.map((piece) => `M${piece[0].split(' ')[0]} ${HEIGHT}L${piece.join('L')}L${piece.at(-1).split(' ')[0]} ${HEIGHT}Z`).join('');
  const line = pieces.map((piece) => `M${piece.join('L')}`).join('');
  const now = told(values.at(-1));
  return el(
    'figure.chart', {},
    el('figcaption', {}, el('span.muted', {}, name), el('strong', {}, now), el('span.muted.most', {}, WORDS.mostWere(told(most)))),
    svg(
      'svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': WORDS.chartTold(name, now, told(most)) },
      svg('path.chart-ground', { d: ground }), svg('path.chart-line', { d: line }),
    ),
    el('div.chart-times.muted', { 'aria-hidden': 'true' }, el('span', {}, clock(from)), el('span', {}, clock((from + to) / 2)), el('span', {}, clock(to))),
  );
}
