/** The style of the HTML report: no image, no font of its own, dark and light, narrow and printed. */

export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #5d6b7c; --line: #e1e6ec; --track: #eef1f5;
  --a: #2563eb; --b: #c2410c; --c: #a21caf; --good: #15803d; --bad: #c81e3a; --warn: #a16207; --quiet: #94a3b8; --fault: #c81e3a;
  --shade: rgba(200,30,58,.09); --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (prefers-color-scheme: dark) { :root { --ground: #0e1319; --card: #161d26; --ink: #e6ebf1; --soft: #93a1b2; --line: #26303c; --track: #1d2631;
  --a: #6ea8fe; --b: #fb923c; --c: #e879f9; --good: #4ade80; --bad: #fb7185; --warn: #facc15; --quiet: #64748b; --fault: #fb7185; --shade: rgba(251,113,133,.13); } }
@media print { :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --track: #eee; --a: #1d4ed8; --b: #c2410c; --c: #86198f;
  --good: #166534; --bad: #b91c1c; --warn: #854d0e; --quiet: #64748b; --fault: #b91c1c; --shade: rgba(200,30,58,.1); } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 56px; }
header { border-left: 5px solid var(--quiet); padding: 2px 0 2px 18px; }
header.pass { border-color: var(--good); } header.fail { border-color: var(--bad); } header.warn { border-color: var(--warn); }
.kicker { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin: 0 0 6px; color: var(--soft); }
.badge { font-weight: 700; font-size: 12px; letter-spacing: .06em; padding: 2px 9px; border-radius: 5px; color: var(--card); background: var(--quiet); }
.badge.pass { background: var(--good); } .badge.fail { background: var(--bad); } .badge.warn { background: var(--warn); }
h1 { font-size: clamp(21px, 3.2vw, 29px); line-height: 1.28; margin: 0 0 8px; font-weight: 650; letter-spacing: -.012em; text-wrap: pretty; overflow-wrap: anywhere; }
.question { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
h2 { font-size: 13px; letter-spacing: .07em; text-transform: uppercase; color: var(--soft); margin: 36px 0 10px; font-weight: 650; }
h3 { font-size: 14px; margin: 0 0 2px; font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin-top: 22px; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 9px; }
.tile { padding: 11px 14px 12px; }
.tile dt { color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.tile dd { margin: 1px 0 0; font-size: 22px; font-weight: 640; letter-spacing: -.015em; }
.tile dd small { font-size: 13px; font-weight: 500; color: var(--soft); letter-spacing: 0; }
dl { margin: 0; }
.card { padding: 14px 16px; overflow-x: auto; }
.card + .card { margin-top: 10px; }
.target { margin: 4px 0 6px; }
.card + .target, p + .target { margin-top: 22px; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 550; font-size: 12.5px; color: var(--soft); padding: 2px 14px 7px 0; white-space: nowrap; vertical-align: bottom; }
td { padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: top; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
td.name { overflow-wrap: anywhere; min-width: 9em; }
code, pre, .mono { font-family: var(--mono); font-size: 12.5px; }
pre { margin: 0; overflow-x: auto; line-height: 1.55; }
.pass-ink { color: var(--good); } .fail-ink { color: var(--bad); } .warn-ink { color: var(--warn); } .soft { color: var(--soft); }
.sign { font-weight: 700; white-space: nowrap; }
.strong { font-weight: 640; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 10px; }
.charts .card { margin: 0; padding: 12px 10px 8px 14px; overflow: hidden; }
.chart { height: 218px; }
.charts.small { grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr)); margin-bottom: 10px; } .small .chart { height: 148px; }
.key { color: var(--soft); font-size: 12.5px; margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 4px 16px; }
.key i { display: inline-block; width: 14px; height: 9px; border-radius: 2px; margin-right: 6px; }
.key .shade { background: var(--shade); border: 1px solid var(--fault); } .key .strip { background: var(--bad); height: 4px; vertical-align: middle; } .key .unknown { background: var(--quiet); height: 4px; vertical-align: middle; }
ul { margin: 6px 0 0; padding-left: 18px; } li { overflow-wrap: anywhere; }
details { margin-top: 10px; } summary { cursor: pointer; color: var(--soft); }
.definitions { columns: 2 380px; column-gap: 32px; margin-top: 10px; font-size: 13.5px; } .definitions div { break-inside: avoid; margin-bottom: 8px; } .definitions dt { font-weight: 620; } .definitions dd { margin: 0; color: var(--soft); }
.trouble { border-color: var(--warn); }
footer { margin-top: 36px; color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.uplot, .uplot * { font-family: inherit; }
.u-legend { font-size: 12.5px; text-align: left; color: var(--soft); padding: 0; } .u-legend th, .u-legend td { border: 0; padding: 1px 4px; color: inherit; } .u-legend .u-value { color: var(--ink); font-weight: 600; }
.u-inline tr { margin-right: 10px; } .u-select { background: var(--shade); } .u-cursor-x, .u-cursor-y { border-color: var(--soft) !important; }
@media (max-width: 640px) { .stack thead { display: none; } .stack tr { display: block; border-top: 1px solid var(--line); padding: 8px 0; } .stack tr:first-child { border-top: 0; }
  .stack td { display: block; border: 0; padding: 1px 0; text-align: left; } .stack td.number::before { content: attr(data-label) " "; color: var(--soft); font-weight: 400; } }
@media (max-width: 560px) { main { padding: 18px 12px 40px; } .card { padding: 12px; } .tile dd { font-size: 19px; } }
@media print { body { font-size: 12px; } pre { white-space: pre-wrap; overflow-wrap: anywhere; } th, td { padding-right: 8px; } th { white-space: normal; } main { max-width: none; padding: 0; } .card, .tile { break-inside: avoid; } h2 { break-after: avoid; } details > * { display: block; } }
`
