/** What the HTML report runs in the browser: it draws the charts from the data block of the page. It has no import and speaks to nobody. */

export const SCRIPT = `
'use strict';
const { faults, phases, charts } = JSON.parse(document.getElementById('data').textContent);
const probe = document.documentElement;
const tone = (name) => getComputedStyle(probe).getPropertyValue('--' + name).trim();
const trim = (value, places) => String(Number(value.toFixed(places)));
const SECOND = 1000;
const duration = (value) => value < 1 ? trim(value * SECOND, 0) + 'us' : value < SECOND ? trim(value, value < 10 ? 1 : 0) + 'ms' : trim(value / SECOND, value < 10 * SECOND ? 2 : 1) + 's';
const UNITS = {
  ms: duration,
  share: (value) => trim(value * 100, value > 0.999 && value < 1 ? 3 : 1) + '%',
  '/s': (value) => trim(value, value < 10 ? 1 : 0) + '/s',
  count: (value) => trim(value, value < 10 ? 1 : 0),
};
const sync = uPlot.sync('time');
let drawn = [];

function behind(u, chart) {
  const { ctx, bbox } = u;
  const at = (seconds) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(seconds, 'x', true)));
  const px = devicePixelRatio;
  ctx.save();
  ctx.fillStyle = tone('shade');
  for (const { from, to } of faults) ctx.fillRect(at(from), bbox.top, Math.max(px, at(to) - at(from)), bbox.height);
  ctx.fillStyle = tone('track');
  for (const { label, from, to } of phases) if (label === 'warmup') ctx.fillRect(at(from), bbox.top, at(to) - at(from), bbox.height);
  const strip = (stretches, color) => {
    ctx.fillStyle = tone(color);
    for (const { from, to } of stretches) if (at(to) > at(from)) ctx.fillRect(at(from), bbox.top + bbox.height - 4 * px, at(to) - at(from), 4 * px);
  };
  strip(chart.unknown, 'quiet');
  strip(chart.bad, 'bad');
  ctx.restore();
}

function above(u, chart) {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const inside = (x) => x >= bbox.left - 1 && x <= bbox.left + bbox.width + 1;
  ctx.save();
  ctx.font = 11 * px + 'px system-ui, sans-serif';
  ctx.textBaseline = 'top';
  const free = [-Infinity, -Infinity, -Infinity];
  for (const { from, label } of faults) {
    const x = Math.max(bbox.left, u.valToPos(from, 'x', true));
    const row = free.findIndex((end) => x >= end);
    if (!inside(x) || row < 0) continue;
    ctx.fillStyle = tone('fault');
    ctx.textAlign = 'left';
    const short = label.length > 24 ? label.slice(0, 23) + '…' : label;
    ctx.fillText(short, x + 5 * px, bbox.top + (4 + 13 * row) * px);
    free[row] = x + 13 * px + ctx.measureText(short).width;
  }
  ctx.setLineDash([4 * px, 3 * px]);
  ctx.lineWidth = px;
  for (const { at, label } of chart.marks) {
    const x = u.valToPos(at, 'x', true);
    if (!inside(x)) continue;
    ctx.strokeStyle = ctx.fillStyle = tone('ink');
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const right = label === 'onset';
    ctx.textAlign = right ? 'right' : 'left';
    ctx.fillText(label, x + (right ? -5 : 5) * px, bbox.top + 4 * px);
  }
  ctx.restore();
}

const heightOf = ({ small }) => (small ? 120 : 190);

function options(chart, width, span) {
  const axis = { stroke: tone('soft'), grid: { stroke: tone('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const show = UNITS[chart.unit];
  const peak = Math.max(0, ...chart.series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const y = chart.unit === 'ms' ? { distr: 3 } : { range: [0, chart.unit === 'share' ? Math.max(1, peak) * 1.02 : (peak || 1) * 1.12] };
  return {
    width, height: heightOf(chart), cursor: { sync: { key: sync.key }, y: false, points: { size: 6 } },
    scales: { x: { time: false, range: (u, low, high) => (low === null ? span : [low, high]) }, y },
    axes: [
      { ...axis, size: 26, gap: 2, values: (u, splits) => splits.map((value) => (value > 0 ? '+' : '') + trim(value, 2) + 's') },
      { ...axis, size: 52, gap: 4, values: (u, splits) => splits.map((value) => (value === null ? '' : show(value))) },
    ],
    series: [
      { label: 'at', value: (u, value) => (value === null ? '' : (value >= 0 ? '+' : '') + trim(value, 2) + 's') },
      ...chart.series.map(({ label, tone: name, filled }) => ({
        label, stroke: tone(name), width: 1.6, fill: filled ? tone(name) + '1f' : undefined, points: { show: false }, spanGaps: false,
        value: (u, value) => (value === null || value === undefined ? '–' : show(value)),
      })),
    ],
    hooks: { drawClear: [(u) => behind(u, chart)], draw: [(u) => above(u, chart)] },
  };
}

function draw() {
  for (const { plot } of drawn) plot.destroy();
  const all = charts.flatMap(({ x }) => x);
  const span = all.length ? [charts.reduce((least, { x }) => Math.min(least, x[0]), Infinity), charts.reduce((most, { x }) => Math.max(most, x[x.length - 1]), -Infinity)] : [0, 1];
  drawn = charts.map((chart, i) => {
    const place = document.getElementById('chart-' + i);
    // A logarithmic scale has no zero.
    const lines = chart.series.map(({ values }) => (chart.unit === 'ms' ? values.map((value) => (value > 0 ? value : null)) : values));
    return { place, chart, plot: new uPlot(options(chart, place.clientWidth, span), [chart.x, ...lines], place) };
  });
}

draw();
addEventListener('resize', () => { for (const { place, chart, plot } of drawn) plot.setSize({ width: place.clientWidth, height: heightOf(chart) }); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
addEventListener('beforeprint', () => { for (const part of document.querySelectorAll('details')) part.open = true; });
matchMedia('print').addEventListener('change', draw);
`
